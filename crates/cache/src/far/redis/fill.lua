-- KEYS[2]: a value. ARGV: a name for a new life, the life and the era of the value, milliseconds, the value, slots.
local id = life(ARGV[1])
if id ~= ARGV[2] then return 0 end
for place = 6, #ARGV do
  if noted(tonumber(ARGV[place])) > tonumber(ARGV[3]) then return 0 end
end
redis.call('SET', KEYS[2], ARGV[5], 'PX', ARGV[4])
return 1
