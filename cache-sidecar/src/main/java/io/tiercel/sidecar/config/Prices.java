package io.tiercel.sidecar.config;

/** Prices as people write them. Stateless. */
final class Prices {
    static final Kind<Double> AMOUNT =
            Kind.single("AMOUNT", "an amount over 0 and up to 1,000,000, such as 0.12", text -> {
                if (!text.matches("[0-9]{1,7}(\\.[0-9]{1,6})?")) {
                    throw new BadValueException("no number with digits and a point");
                }
                double amount = Double.parseDouble(text);
                if (amount <= 0 || amount > 1_000_000) {
                    throw new BadValueException("out of range");
                }
                return amount;
            });

    static final Kind<String> CURRENCY =
            Kind.single("CODE", "the three capital letters of a currency, such as EUR", text -> {
                if (!text.matches("[A-Z]{3}")) {
                    throw new BadValueException("not three capital letters");
                }
                return text;
            });

    private Prices() {}
}
