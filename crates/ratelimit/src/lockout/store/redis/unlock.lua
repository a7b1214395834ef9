-- KEYS: the locks, the set. ARGV: the key, its kind.
redis.call('ZREM', KEYS[1], ARGV[2] .. ':' .. ARGV[1])
return redis.call('HDEL', KEYS[2], ARGV[1])
