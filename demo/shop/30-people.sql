-- Customers, their addresses, and the people who work here.
insert into customers
with names as materialized (
  select n as id, f.word as first, l.word as last, p.word as place,
         timestamptz '2023-01-04 08:00:00+00' + n * interval '4 hours' + gen.pick(n, 4, 14000) * interval '1 second' as created_at
  from generate_series(1, 5000) n,
    lateral (select gen.word(n, 1, words) word from gen.words where list = 'first') f,
    lateral (select gen.word(n, 2, words) word from gen.words where list = 'last') l,
    lateral (select gen.word(n, 3, words) word from gen.words where list = 'place') p
), numbered as (
  select *, row_number() over (partition by first, last order by id) as twin from names
)
select id, first || ' ' || last,
  gen.ascii(first) || '.' || gen.ascii(last) || case when twin > 1 then twin::text else '' end || '@' || gen.of(id, 5, 'mail'),
  case split_part(place, '|', 1) when 'US' then '+1 ' || (201 + gen.pick(id, 6, 700)) || ' 555 ' || lpad(gen.pick(id, 7, 10000)::text, 4, '0')
    when 'GB' then '+44 7700 900' || lpad(gen.pick(id, 7, 1000)::text, 3, '0')
    else '+' || gen.word(id, 6, array['49','31','33','34','39','351','46','45','48']) || ' ' || (100 + gen.pick(id, 7, 900)) || ' ' || (1000000 + gen.pick(id, 8, 9000000)) end,
  -- Area numbers 773–899 were not given out before 2011 (SSA): none of these belongs to anyone as old as our customers.
  (773 + gen.pick(id, 9, 127))::text || '-' || lpad((1 + gen.pick(id, 10, 99))::text, 2, '0') || '-' || lpad((1 + gen.pick(id, 11, 9999))::text, 4, '0'),
  date '1950-01-01' + gen.pick(id, 12, 20500),
  case when gen.pick(id, 13, 12) = 0 then gen.of(id, 14, 'company') end,
  split_part(place, '|', 1),
  array_remove(array[case when gen.pick(id, 15, 9) = 0 then 'wholesale' end, case when gen.pick(id, 16, 6) = 0 then 'subscription' end,
    case when gen.pick(id, 17, 25) = 0 then 'vip' end, case when gen.pick(id, 18, 40) = 0 then 'late-payer' end], null),
  jsonb_build_object('newsletter', gen.pick(id, 19, 3) > 0, 'language', gen.word(id, 20, array['en','en','de','fr','es','nl','pt','ja']),
    'roast', gen.word(id, 21, array['light','medium','medium','dark'])),
  gen.pick(id, 22, 20) > 0,
  created_at
from numbered order by id;

insert into addresses
select row_number() over (order by n, kind), n, kind,
  (1 + gen.pick(n, 30 + salt, 240)) || ' ' || gen.of(n, 31 + salt, 'street') || ' ' || gen.word(n, 32 + salt, array['Street','Road','Lane','Avenue','Square']),
  split_part(place, '|', 2),
  split_part(place, '|', 3) || lpad(gen.pick(n, 33 + salt, 100)::text, 2, '0'),
  split_part(place, '|', 1)
from generate_series(1, 5000) n
cross join (values ('shipping', 0), ('billing', 10)) kinds(kind, salt),
  lateral (select gen.word(n, 3, words) place from gen.words where list = 'place') p
where kind = 'shipping' or gen.pick(n, 34, 10) < 3;

insert into employees
select n,
  case when n = 1 then null when n <= 8 then 1 else 2 + gen.pick(n, 50, 7) end,
  first || ' ' || last,
  gen.ascii(first) || '.' || gen.ascii(last) || n || '@shop.example',
  case when n = 1 then 'Chief executive' when n <= 8 then 'Head of ' || lower(department)
    else gen.word(n, 51, case department
      when 'Engineering' then array['Engineer','Senior engineer','Data engineer','Site reliability engineer']
      when 'Support' then array['Support agent','Senior support agent','Support lead']
      when 'Roastery' then array['Roaster','Head roaster','Quality taster']
      when 'Warehouse' then array['Picker','Shift lead','Forklift driver']
      when 'Finance' then array['Accountant','Payroll officer','Controller']
      when 'Marketing' then array['Designer','Copywriter','Campaign manager']
      else array['Recruiter','People partner','Privacy officer'] end) end,
  department,
  gen.word(n, 52, array['Utrecht','Utrecht','Berlin','Porto','Remote']),
  case when n = 1 then 210000 when n <= 8 then 118000 + 1000 * gen.pick(n, 53, 40) else 31000 + 500 * gen.pick(n, 53, 130) end,
  date '2016-02-01' + gen.pick(n, 54, 3800)
from generate_series(1, 120) n,
  lateral (select (array['Engineering','Support','Roastery','Warehouse','Finance','Marketing','People'])[1 + case when n <= 8 then (n + 5) % 7 else gen.pick(n, 50, 7) end] as department) d,
  lateral (select gen.word(n, 55, words) as first from gen.words where list = 'first') f,
  lateral (select gen.word(n, 56, words) as last from gen.words where list = 'last') l;

analyze customers;
analyze addresses;
