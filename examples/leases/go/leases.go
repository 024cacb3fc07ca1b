package main

import (
	"time"

	"github.com/gomodule/redigo/redis"
)

// get returns the value of key; of all processes that miss it at once, one calls load.
func get(cache redis.Conn, key string, load func() ([]byte, error), ttl time.Duration) ([]byte, error) {
	value, err := redis.Bytes(cache.Do("GET", key)) // L1, for what is read often
	if err != redis.ErrNil {
		return value, err
	}
	for {
		reply, err := redis.Values(cache.Do("CACHE.LEASE", key))
		if err != nil {
			return nil, err
		}
		switch state, _ := redis.String(reply[0], nil); state {
		case "HIT":
			return redis.Bytes(reply[1], nil)
		case "LEASE":
			value, err := load()
			if err != nil {
				cache.Do("CACHE.RELEASE", key, reply[1])
				return nil, err
			}
			_, err = cache.Do("CACHE.FILL", key, reply[1], value, "PX", ttl.Milliseconds())
			return value, err
		}
		if reply[2] != nil {
			return redis.Bytes(reply[2], nil) // the last value, while somebody loads the next
		}
		time.Sleep(25 * time.Millisecond)
	}
}
