-- The records of a set, as in set.rs and record.rs: failures, consecutive, last, until, four sources.
local NEVER = 9007199254740991
local MEMORY = 7776000000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function parse(text)
  local record = {}
  for word in string.gmatch(text, '%d+') do
    record[#record + 1] = tonumber(word)
  end
  if #record ~= 8 then
    error('a record of palisade lockout is damaged')
  end
  return record
end

local function write(record)
  return string.format('%.0f:%.0f:%.0f:%.0f:%.0f:%.0f:%.0f:%.0f', unpack(record))
end

local function is_empty(record)
  return record[1] == 0 and record[2] == 0 and record[4] == 0
end

-- Says whether the clock went back, which must be written down.
local function age(record, subject)
  local went_back = now < record[3]
  if went_back then
    if record[4] ~= NEVER then
      record[4] = math.max(0, record[4] - (record[3] - now))
    end
    record[3] = now
  end
  if record[4] == NEVER then
    return went_back
  end
  if record[4] <= now then
    record[4] = 0
  end
  local quiet = now - record[3]
  if quiet >= subject.forget then
    record[1], record[5], record[6], record[7], record[8] = 0, 0, 0, 0, 0
  end
  if quiet >= MEMORY or subject.most == 0 then
    record[2] = 0
  end
  return went_back
end

local function load(subject)
  local set = { records = {}, count = 0, floor = { 0, 0, 0, 0, 0, 0, 0, 0 }, gone = {}, ahead = false }
  local fields = redis.call('HGETALL', subject.set)
  for i = 1, #fields, 2 do
    local key, record = fields[i], parse(fields[i + 1])
    if age(record, subject) then
      set.ahead = true
    end
    if key == 'floor' then
      set.floor = record
    elseif is_empty(record) then
      set.gone[#set.gone + 1] = key
    else
      set.records[key] = record
      set.count = set.count + 1
    end
  end
  subject.loaded = set
  return set
end

local function locked_record(record)
  if record[4] == NEVER then
    return NEVER
  elseif record[4] > now then
    return record[4] - now
  end
  return nil
end

local function locked(subject, room)
  local set = subject.loaded
  if set.records[subject.key] then
    return locked_record(set.records[subject.key])
  end
  if set.count < room then
    return nil
  end
  local least = nil
  for _, record in pairs(set.records) do
    local wait = locked_record(record)
    if wait == nil then
      return nil
    end
    if least == nil or wait < least then
      least = wait
    end
  end
  return least
end

-- Whether a owes less than b.
local function owes_less(a, a_key, b, b_key)
  for i = 1, 3 do
    if a[i] ~= b[i] then
      return a[i] < b[i]
    end
  end
  return a_key < b_key
end

local function evict(set)
  local found = nil
  for key, record in pairs(set.records) do
    if not locked_record(record) and (not found or owes_less(record, key, set.records[found], found)) then
      found = key
    end
  end
  if not found then
    return false
  end
  local evicted = set.records[found]
  set.floor = {
    math.max(set.floor[1], evicted[1]),
    math.max(set.floor[2], evicted[2]),
    math.max(set.floor[3], evicted[3]),
    0, 0, 0, 0, 0,
  }
  set.records[found] = nil
  set.count = set.count - 1
  set.gone[#set.gone + 1] = found
  return true
end

local function entry(subject, room)
  local set = subject.loaded
  if not set.records[subject.key] then
    while set.count >= room do
      if not evict(set) then
        return nil
      end
    end
    set.records[subject.key] = { set.floor[1], set.floor[2], set.floor[3], 0, 0, 0, 0, 0 }
    set.count = set.count + 1
  end
  return set.records[subject.key]
end

local function step(subject, failures)
  if failures < subject.after then
    return nil
  end
  return subject.steps[math.min(failures - subject.after + 1, #subject.steps)]
end

local function add_source(record, tag)
  local slot, fewest = nil, nil
  for i = 5, 8 do
    local count = record[i] % 65536
    if math.floor(record[i] / 65536) == tag and count > 0 then
      record[i] = tag * 65536 + math.min(count + 1, 65535)
      return
    end
    if fewest == nil or count < fewest then
      slot, fewest = i, count
    end
  end
  record[slot] = tag * 65536 + 1
end

local function take_source(record, tag)
  for i = 5, 8 do
    if math.floor(record[i] / 65536) == tag then
      local count = record[i] % 65536
      record[i] = 0
      return count
    end
  end
  return 0
end

-- What may need memory comes first: a server without any refuses a script at its first such write, and
-- none after another write.
local function save(subject, locks)
  local set = subject.loaded
  local never = false
  local fields = {}
  for key, record in pairs(set.records) do
    never = never or record[4] == NEVER
    fields[#fields + 1] = key
    fields[#fields + 1] = write(record)
  end
  if is_empty(set.floor) then
    set.gone[#set.gone + 1] = 'floor'
  else
    fields[#fields + 1] = 'floor'
    fields[#fields + 1] = write(set.floor)
  end
  if #fields > 0 then
    redis.call('HSET', subject.set, unpack(fields))
    if never then
      redis.call('PERSIST', subject.set)
    else
      redis.call('PEXPIRE', subject.set, MEMORY)
    end
  end
  for _, key in ipairs(set.gone) do
    if not set.records[key] then
      redis.call('HDEL', subject.set, key)
    end
  end
  local member = subject.kind .. ':' .. subject.key
  local record = set.records[subject.key]
  if record and record[4] > 0 then
    redis.call('ZADD', locks, string.format('%.0f', record[4]), member)
  else
    redis.call('ZREM', locks, member)
  end
end

-- KEYS: the locks, then the set of each subject. ARGV: room, source, then for each subject its key,
-- kind, first lock, memory, most consecutive, the lock that its attempt has set, and eight steps.
local room, source = tonumber(ARGV[1]), tonumber(ARGV[2])
local subjects = {}
for i = 2, #KEYS do
  local at = 3 + (i - 2) * 14
  local subject = {
    set = KEYS[i], key = ARGV[at], kind = tonumber(ARGV[at + 1]), after = tonumber(ARGV[at + 2]),
    forget = tonumber(ARGV[at + 3]), most = tonumber(ARGV[at + 4]), lock = tonumber(ARGV[at + 5]),
    steps = {},
  }
  for j = 1, 8 do
    subject.steps[j] = tonumber(ARGV[at + 5 + j])
  end
  subjects[#subjects + 1] = subject
  load(subject)
end
