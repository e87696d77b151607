import { expect, test } from 'vitest'
import { accessOfFunction, isRefusedToMasked } from './risky-functions.ts'

const use = (name: string, isConstant = true) => ({ schema: null, name, isConstant })

test.each(['query_to_xml', 'query_to_xml_and_xmlschema', 'table_to_xml', 'database_to_xmlschema', 'cursor_to_xml', 'dblink', 'dblink_exec', 'pg_read_file', 'pg_read_binary_file', 'pg_stat_file',
  'pg_ls_dir', 'pg_ls_logdir', 'lo_export', 'lo_get', 'loread', 'ts_stat', 'crosstab', 'get_raw_page', 'pg_logical_slot_peek_changes'])('%s is refused to masked principals, and needs a rule of anyone', (name) => {
  expect(isRefusedToMasked(use(name))).toBe(true)
  expect(isRefusedToMasked(use(name.toUpperCase()))).toBe(true)
  expect(accessOfFunction(name)).not.toBeNull()
})

test.each(['set_config', 'pg_notify'])('%s is refused to masked principals unless all is constant', (name) => {
  expect(isRefusedToMasked(use(name, false))).toBe(true)
  expect(isRefusedToMasked(use(name))).toBe(false)
})

test.each(['lower', 'count', 'currval', 'log', 'lower_inc', 'local', 'table_to', 'pg_get_viewdef', 'pg_table_size', 'format_type'])('%s is a function like others', (name) => {
  expect(isRefusedToMasked(use(name, false))).toBe(false)
  expect(accessOfFunction(name)).toBeNull()
})
