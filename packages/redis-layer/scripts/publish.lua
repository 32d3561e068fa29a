-- Publishes events to groups, or messages to inboxes, and gives each the next position there.
--
-- KEYS[i]  a name: the key of the position and the channel; one name may be there several times
-- ARGV[1]  the lengths in bytes of what belongs to the keys, with a blank between them
-- ARGV[2]  that itself, one after the other: "<id>\n<event>", or "<id> <messages> <age in ms>\n<event>" where the group
--          remembers it, with " again <replication id>" before the line feed when it may have been published before, in
--          that life of the server. The id is unique in the cluster, without blanks
-- Constants put before this file: PUBLISH ("PUBLISH", or "SPUBLISH" on a Cluster), TTL (seconds that a position is kept)
--
-- Sets each key to "<offset> <epoch> <id>" and publishes "1:<offset> <epoch> <id>\n<event>", in the order of the keys. What is
-- remembered stands in the list "<name>:h" as "<time in ms> " and what was published, the oldest first.
-- Returns a line for each: "<receivers>", "?" for one that was published before, "!" for one of which that cannot be known any more,
-- or "-<error> (<command>)" when it was not published. Nothing in it raises, so what happens to one leaves the others alone.

local clock
local function now()
  if not clock then
    local time = redis.call('TIME')
    clock = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return clock
end

local function isLife(id)
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') == id
end

-- Whether one of the newest that are remembered has this id.
local function isKept(list, id)
  local ending = ' ' .. id .. '\n'
  for _, kept in ipairs(redis.call('LRANGE', list, -1000, -1)) do
    local line = string.find(kept, '\n', 1, true)
    if string.sub(kept, line - #id - 1, line) == ending then return true end
  end
  return false
end

-- Answers why it could not.
local function keep(list, payload, messages, age)
  local pushed = redis.pcall('RPUSH', list, string.format('%.0f ', now()) .. payload)
  if type(pushed) == 'table' then return pushed.err .. ' (RPUSH)' end
  -- What is too many, or too old, goes; what has just been pushed stays.
  local gone = math.max(pushed - messages, 0)
  while gone < pushed - 1 do
    local oldest = redis.pcall('LINDEX', list, gone)
    if type(oldest) == 'table' then return oldest.err .. ' (LINDEX)' end
    if tonumber(string.match(oldest, '^%d+')) >= now() - age then break end
    gone = gone + 1
  end
  local trimmed = gone > 0 and redis.pcall('LTRIM', list, gone, -1) or {}
  if trimmed.err then return trimmed.err .. ' (LTRIM)' end
  local expires = redis.pcall('PEXPIRE', list, age)
  if type(expires) == 'table' then return expires.err .. ' (PEXPIRE)' end
end

local function publish(name, entry)
  local line = string.find(entry, '\n', 1, true)
  local header = string.sub(entry, 1, line - 1)
  local id, messages, age, again = header, nil, nil, nil
  if string.find(header, ' ', 1, true) then
    id, messages, age, again = string.match(header, '^(%S+) (%d+) (%d+)(.*)$')
  end
  local list = name .. ':h'
  -- Another server, or a copy: whether the one before had published it is not to be seen here.
  if again and again ~= '' and not isLife(string.match(again, '%x+$')) then return '!' end
  local top = redis.pcall('GET', name)
  local offset, epoch
  if type(top) == 'table' then
    return '-' .. top.err .. ' (GET)'
  elseif top then
    if again ~= '' and again and isKept(list, id) then return '?' end
    local first = string.find(top, ' ', 1, true)
    local second = string.find(top, ' ', first + 1, true)
    offset = string.format('%.0f', tonumber(string.sub(top, 1, first - 1)) + 1)
    epoch = string.sub(top, first + 1, second - 1)
  else
    -- The id is unique, so what is made of it is another epoch than any before.
    offset = '1'
    epoch = string.sub(redis.sha1hex(id), 1, 6)
    local deleted = messages and redis.pcall('DEL', list)
    if type(deleted) == 'table' then return '-' .. deleted.err .. ' (DEL)' end
  end
  local place = offset .. ' ' .. epoch .. ' ' .. id
  local ttl = TTL
  if age then ttl = math.max(TTL, math.ceil(age / 1000)) end
  local kept = redis.pcall('SET', name, place, 'EX', ttl)
  if kept.err then return '-' .. kept.err .. ' (SET)' end
  local payload = '1:' .. place .. string.sub(entry, line)
  if messages then
    local failed = keep(list, payload, tonumber(messages), tonumber(age))
    if failed then return '-' .. failed end
  end
  local receivers = redis.pcall(PUBLISH, name, payload)
  if type(receivers) == 'table' then return '-' .. receivers.err .. ' (' .. PUBLISH .. ')' end
  return receivers
end

local answers = {}
local entries, from, i = ARGV[2], 1, 0
for length in string.gmatch(ARGV[1], '%d+') do
  local to = from + length
  i = i + 1
  answers[i] = publish(KEYS[i], string.sub(entries, from, to - 1))
  from = to
end
return table.concat(answers, '\n')
