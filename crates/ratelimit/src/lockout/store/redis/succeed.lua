local disregarded = 0
for _, subject in ipairs(subjects) do
  local set = subject.loaded
  local record = set.records[subject.key]
  if record then
    if subject.kind == 0 then
      disregarded = take_source(record, source)
      record[2] = 0
    end
    record[1] = math.max(0, record[1] - disregarded)
    if record[4] == subject.lock or not step(subject, record[1]) then
      record[4] = 0
    end
    if is_empty(record) then
      set.records[subject.key] = nil
      set.gone[#set.gone + 1] = subject.key
    end
    save(subject, KEYS[1])
  end
end
return 1
