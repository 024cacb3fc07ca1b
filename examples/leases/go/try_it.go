// Twelve readers of one cold key, each with a connection of its own: one of them loads.
package main

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"
)

const readers = 12

func main() {
	key := fmt.Sprintf("leases:go:%d", time.Now().UnixNano())
	var loads, right int32
	load := func() ([]byte, error) {
		atomic.AddInt32(&loads, 1)
		time.Sleep(300 * time.Millisecond)
		return []byte("a row"), nil
	}
	var all sync.WaitGroup
	for i := 0; i < readers; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			cache, err := redis.Dial("tcp", os.Args[1]+":"+os.Args[2])
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return
			}
			defer cache.Close()
			value, err := get(cache, key, load, time.Minute)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
			} else if string(value) == "a row" {
				atomic.AddInt32(&right, 1)
			}
		}()
	}
	all.Wait()
	fmt.Printf("go: %d of %d readers got the value, %d load(s)\n", right, readers, loads)
	if right != readers || loads != 1 {
		os.Exit(1)
	}
}
