-- Tickets and clicks. Some tickets hold what must not be seen; it is put together here from pieces, so that the source holds no secret.
create function gen.secret(n bigint, kind integer) returns text language sql stable parallel safe
  return case kind
    when 0 then 'My key is ' || 'AK' || 'IA' || gen.characters(n, 120, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16) || ' and your uploader still says 403.'
    when 1 then 'Here is the key of our import server: -----BEGIN ' || 'PRIVATE KEY-----' || E'\n' || gen.characters(n, 121, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 64)
      || E'\n-----END ' || 'PRIVATE KEY-----'
    when 2 then 'The app sends this and gets logged out: ey' || 'JhbGciOiJIUzI1NiJ9.ey' || gen.characters(n, 122, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 40)
      || '.' || gen.characters(n, 123, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-', 43)
    when 3 then 'Please charge the other card instead: ' || regexp_replace(gen.luhn('4242' || lpad(gen.pick(n, 124, 999999999)::text, 11, '0')), '(\d{4})(?=\d)', '\1 ', 'g') || ', thank you.'
    when 4 then 'For the invoice you asked for my number, it is ' || (select ssn from customers where id = 1 + n % 5000) || '.'
    else 'Write to my work address from now on: ' || (select email from customers where id = 1 + (n * 7) % 5000) || '.' end;

insert into support_tickets
with a as (select array_agg(id order by id) as agents from employees where department = 'Support')
select n, c.id, o.id, case when gen.pick(n, 131, 8) > 0 then agents[1 + gen.pick(n, 132, cardinality(agents))] end,
  gen.word(n, 133, array['low','normal','normal','normal','high','urgent'])::ticket_priority,
  t.subject,
  'Hi, ' || t.text || case when gen.pick(n, 134, 7) = 0 then ' ' || gen.secret(n, gen.pick(n, 135, 6)) else '' end
    || gen.word(n, 136, array[' Thanks!',' Kind regards,',' Best,',' Cheers,','']) || ' ' || split_part(c.full_name, ' ', 1),
  opened_at, case when gen.pick(n, 137, 6) > 0 then opened_at + (20 + gen.pick(n, 138, 9000)) * interval '1 minute' end
from a, generate_series(1, 3000) n
  cross join lateral (select 1 + gen.pick_skewed(n, 130, 5000) as customer_id, timestamptz '2024-11-03 07:00:00+00' + n * interval '5 hours 48 minutes' as opened_at) x
  join customers c on c.id = x.customer_id
  left join (select customer_id, max(id) as id from orders group by 1) o on o.customer_id = x.customer_id and gen.pick(n, 139, 4) > 0
  cross join lateral (select split_part(line, '|', 1) as subject, split_part(line, '|', 2) as text from (select gen.word(n, 140, array[
    'Where is my parcel?|tracking has said "on its way" for six days now.', 'Grinder makes a strange noise|it sounds like gravel since this morning, nothing is stuck in it.',
    'Wrong beans in the box|I ordered filter and got espresso. They smell wonderful, but still.', 'Refund has not arrived|you wrote that it takes five days. It has been nine.',
    'Cannot sign in|the reset mail never comes, I looked in the spam folder too.', 'Change my address|we are moving at the end of the month.',
    'Invoice without VAT|our accountant needs the number on it.', 'Kettle leaks|only a few drops, at the handle, whenever it boils.',
    'Cancel my subscription|we are away until spring. I will be back.', 'Charged twice|my bank shows two payments for one order.',
    'Import through the API fails|our nightly job has stopped since you changed something.', 'Which filter fits?|I have the old pour over, the one with the wooden collar.']) as line) l) t
order by n;

insert into events
select n, case when gen.pick(n, 150, 5) > 0 then 1 + gen.pick_skewed(n, 151, 5000) end,
  gen.word(n, 152, array['page','page','page','page','search','cart.add','cart.remove','checkout','sign-in']),
  gen.word(n, 153, array['/','/coffee','/coffee/espresso','/brewing/pour-over','/machines/grinders','/cart','/account','/gifts']),
  md5('session' || n / 6)::uuid,
  jsonb_build_object('ms', 40 + gen.pick(n, 154, 1200), 'device', gen.word(n, 155, array['phone','phone','laptop','tablet'])),
  timestamptz '2025-11-01 00:00:00+00' + n * interval '43 minutes 47 seconds'
from generate_series(1, 12000) n;
