-- What is sold, and what was: two years of orders up to the end of October 2026.
insert into categories values
  (1, null, 'Coffee', 'coffee'), (2, 1, 'Espresso', 'espresso'), (3, 1, 'Filter', 'filter'), (4, 1, 'Decaf', 'decaf'), (5, 1, 'Green beans', 'green-beans'),
  (6, null, 'Brewing', 'brewing'), (7, 6, 'Pour over', 'pour-over'), (8, 6, 'French press', 'french-press'), (9, 6, 'Moka pots', 'moka-pots'),
  (10, 6, 'Cold brew', 'cold-brew'), (11, 6, 'Kettles', 'kettles'), (12, 6, 'Scales', 'scales'),
  (13, null, 'Machines', 'machines'), (14, 13, 'Espresso machines', 'espresso-machines'), (15, 13, 'Grinders', 'grinders'), (16, 13, 'Spare parts', 'spare-parts'),
  (17, null, 'At the table', 'at-the-table'), (18, 17, 'Cups', 'cups'), (19, 17, 'Glasses', 'glasses'), (20, 17, 'Milk jugs', 'milk-jugs'),
  (21, null, 'Care', 'care'), (22, 21, 'Cleaning', 'cleaning'), (23, 21, 'Filters', 'filters'), (24, null, 'Gifts', 'gifts');

insert into products
with kinds(nth, category_id, kind, cheapest, dearest) as (values
  (0, 2, 'espresso beans', 9, 24), (1, 2, 'espresso blend', 8, 19), (2, 3, 'filter beans', 9, 28), (3, 3, 'single origin', 12, 34), (4, 4, 'decaf', 9, 18),
  (5, 5, 'green beans', 6, 15), (6, 7, 'pour over', 18, 70), (7, 8, 'French press', 24, 90), (8, 9, 'moka pot', 22, 65), (9, 10, 'cold brew jug', 25, 60),
  (10, 11, 'kettle', 45, 190), (11, 12, 'scale', 30, 160), (12, 14, 'espresso machine', 290, 2400), (13, 15, 'grinder', 79, 900), (14, 16, 'gasket set', 4, 18),
  (15, 18, 'cup', 8, 28), (16, 19, 'glass', 6, 18), (17, 20, 'milk jug', 14, 48), (18, 22, 'cleaning powder', 7, 22), (19, 23, 'paper filters', 4, 12), (20, 24, 'gift box', 25, 120))
select n, c.id, 'GH-' || upper(left(c.slug, 3)) || '-' || lpad(n::text, 4, '0'),
  gen.word(n, 60, array['Aurora','Borealis','Cascade','Delta','Ember','Fjord','Garnet','Harbour','Indigo','Juniper','Kestrel','Lumen','Meridian','Nimbus','Onyx','Pine','Quartz','Riverstone','Solstice','Tundra'])
    || ' ' || kind || ' No. ' || n,
  gen.word(n, 61, array['Made in small batches','Our best seller','Loved by baristas','A quiet classic','New this season','Kind to beginners']) || '. '
    || case when c.parent_id = 1 then gen.word(n, 62, array['Notes of cherry, cocoa and orange peel.','Sweet and heavy, like toffee.','Bright, with lime and black tea.','Hazelnut, fig, a long finish.'])
       else gen.word(n, 62, array['Built to be repaired.','Ships in recycled card.','Ten years of spare parts.','Easy to clean.']) end,
  round((cheapest + (dearest - cheapest) * gen.pick(n, 63, 1000) / 1000.0)::numeric, 1) - 0.05,
  gen.pick(n, 64, 400),
  jsonb_strip_nulls(jsonb_build_object('weight_g', 50 + gen.pick(n, 65, 4000), 'origin', case when c.parent_id = 1 then gen.word(n, 66, array['Ethiopia','Colombia','Kenya','Guatemala','Sumatra','Rwanda']) end,
    'colour', case when c.parent_id <> 1 then gen.word(n, 67, array['black','cream','steel','moss','rust']) end)),
  array_remove(array[case when gen.pick(n, 68, 5) = 0 then 'new' end, case when gen.pick(n, 69, 4) = 0 then 'organic' end, case when gen.pick(n, 70, 8) = 0 then 'sale' end], null),
  date '2021-03-01' + gen.pick(n, 71, 2000),
  gen.pick(n, 72, 15) > 0
from generate_series(1, 400) n join kinds on nth = gen.pick(n, 59, 21) join categories c on c.id = category_id
order by n;

create temporary table items on commit drop as
select n as order_id, line::smallint, 1 + gen.pick_skewed(n * 10 + line, 80, 400) as product_id,
  (1 + gen.pick(n * 10 + line, 81, 3) * gen.pick(n * 10 + line, 82, 2))::smallint as quantity,
  (case when gen.pick(n * 10 + line, 83, 9) = 0 then 0.10 else 0 end)::numeric(3, 2) as discount
from generate_series(1, 18000) n, generate_series(1, 1 + gen.pick_skewed(n, 84, 6)) line;
analyze items;
analyze products;

insert into orders
select n, o.customer_id, a.id, status, case a.country when 'US' then 'USD' when 'GB' then 'GBP' when 'JP' then 'JPY' else 'EUR' end, t.total,
  case when gen.pick(n, 93, 30) = 0 then gen.word(n, 94, array['Leave with the neighbour, please.','It is a gift: no prices in the box.','Ring twice, the bell is tired.','Call before you come.','Grind for moka pot.']) end,
  placed_at, case when status in ('shipped', 'delivered', 'returned') then placed_at + interval '9 hours' + gen.pick(n, 95, 40) * interval '1 hour' end
from generate_series(1, 18000) n,
  lateral (select 1 + gen.pick_skewed(n, 90, 5000) as customer_id,
    timestamptz '2024-11-01 06:00:00+00' + n * interval '58 minutes 18 seconds' + gen.pick(n, 91, 3000) * interval '1 second' as placed_at) o,
  lateral (select case when n > 17900 then (array['placed','paid','packed','shipped'])[1 + gen.pick(n, 92, 4)] when gen.pick(n, 92, 40) = 0 then 'returned'
    when gen.pick(n, 92, 40) = 1 then 'cancelled' else 'delivered' end::order_status as status) s,
  addresses a,
  (select order_id, sum(round(p.price * i.quantity * (1 - i.discount), 2)) as total from items i join products p on p.id = i.product_id group by order_id) t
where a.customer_id = o.customer_id and a.kind = 'shipping' and t.order_id = n
order by n;

insert into order_items
select order_id, line, product_id, quantity, price, discount from items join products on products.id = product_id order by order_id, line;

insert into payments
select n, o.id, method, case when method = 'card' then c.full_name end,
  -- Numbers of the ranges that card schemes keep for tests.
  case when method = 'card' then gen.luhn(gen.word(n, 101, array['411111','424242','400000','555555','510510','520082']) || lpad(gen.pick(n, 102, 999999999)::text, 9, '0')) end,
  case when method = 'card' then (date '2027-01-01' + gen.pick(n, 103, 48) * interval '1 month')::date end,
  o.total,
  case o.status when 'returned' then 'refunded' when 'cancelled' then 'failed' when 'placed' then 'authorized' else 'captured' end,
  jsonb_build_object('reference', 'pay_' || substr(md5('payment' || n), 1, 16), 'code', case o.status when 'cancelled' then '51' else '00' end, 'attempts', 1 + gen.pick(n, 104, 8) / 7),
  o.placed_at + gen.pick(n, 105, 900) * interval '1 second'
from orders o join customers c on c.id = o.customer_id,
  lateral (select o.id as n, gen.word(o.id, 100, array['card','card','card','card','wallet','invoice']) as method) m
order by o.id;
