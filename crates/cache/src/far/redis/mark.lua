-- ARGV: a name for a new life.
local id, era = life(ARGV[1])
local time = redis.call('TIME')
return { id, era, time[1] * 1000 + math.floor(time[2] / 1000) }
