// Functions that do more than compute: what needs a rule of its own whoever calls them, and what a principal with masks may not
// call at all, because rows would leave by it unseen (design.md §5). Names as in pg_catalog and the extensions of contrib.
import type { FunctionUse, SqlKind } from '../../shared/command.ts'

/** `*` at the end stands for any ending. */
interface RiskyFunctions { readonly names: readonly string[]; readonly needs: SqlKind | null; readonly masked: 'refused' | 'constant-only' | 'allowed'; readonly why: string }

const risky: readonly RiskyFunctions[] = [
  { names: ['query_to_xml*', 'cursor_to_xml*', 'table_to_xml*', 'schema_to_xml*', 'database_to_xml*'], needs: 'other', masked: 'refused', why: 'runs SQL text or names a table that no parser of ours sees' },
  { names: ['dblink*'], needs: 'other', masked: 'refused', why: 'runs SQL text on another connection' },
  { names: ['crosstab*', 'connectby', 'xpath_table', 'ts_stat', 'ts_rewrite'], needs: 'other', masked: 'refused', why: 'runs SQL text' },
  { names: ['pg_read_file', 'pg_read_binary_file', 'pg_stat_file', 'pg_ls_*', 'pg_file_*', 'pg_current_logfile', 'pg_logdir_ls'], needs: 'copy-file', masked: 'refused', why: "reads the server's files" },
  { names: ['lo_*', 'loread', 'lowrite'], needs: 'other', masked: 'refused', why: 'large objects hold data that no table policy covers' },
  { names: ['get_raw_page', 'heap_page_item*', 'bt_page_*', 'brin_page_*', 'gin_page_*', 'gist_page_*', 'hash_page_*', 'page_header', 'tuple_data_split', 'pgrowlocks', 'pgstattuple*', 'pg_buffercache*'], needs: 'other', masked: 'refused', why: 'reads pages below the tables' },
  { names: ['pg_logical_*', 'pg_create_logical_replication_slot', 'pg_create_physical_replication_slot', 'pg_copy_*_replication_slot', 'pg_drop_replication_slot', 'pg_replication_*', 'pg_get_wal_*', 'pg_walinspect*'], needs: 'other', masked: 'refused', why: 'replication carries rows out' },
  { names: ['pg_stat_get_activity', 'pg_stat_get_backend_activity', 'pg_stat_statements', 'pg_stat_get_wal_receiver', 'pg_prepared_statement', 'pg_cursor', 'pg_show_all_file_settings', 'pg_hba_file_rules'], needs: 'other', masked: 'refused', why: "shows other people's statements, or the server's secrets" },
  { names: ['pg_terminate_backend', 'pg_cancel_backend', 'pg_reload_conf', 'pg_rotate_logfile', 'pg_promote', 'pg_switch_wal', 'pg_create_restore_point', 'pg_wal_replay_*', 'pg_backup_*', 'pg_start_backup', 'pg_stop_backup', 'pg_log_backend_memory_contexts', 'pg_export_snapshot', 'pg_stat_reset*', 'pg_import_system_collations', 'pg_extension_config_dump', 'pg_nextoid', 'pg_restore_*_stats', 'pg_clear_*_stats', 'binary_upgrade_*'], needs: 'other', masked: 'allowed', why: 'acts on the server or on other sessions' },
  { names: ['setval'], needs: 'other', masked: 'allowed', why: 'writes a sequence that is named by a string' },
  { names: ['set_config'], needs: null, masked: 'constant-only', why: 'a value computed from a row can be shown again' },
  { names: ['pg_notify'], needs: 'notify', masked: 'constant-only', why: 'a payload computed from a row reaches every listener' },
  { names: ['pg_get_expr', 'pg_get_statisticsobjdef_expressions'], needs: null, masked: 'allowed', why: 'psql shows defaults by it; definitions, no rows' },
]

const matchers = risky.map((entry) => ({ entry, pattern: new RegExp(`^(?:${entry.names.map((name) => name.replaceAll('*', '[^]*')).join('|')})$`) }))

function find(name: string): RiskyFunctions | null {
  return matchers.find(({ pattern }) => pattern.test(name))?.entry ?? null
}

/** The kind of access a call counts as beside its statement's own; null for most functions. The schema is ignored: extensions live anywhere. */
export function accessOfFunction(name: string): SqlKind | null {
  return find(name.toLowerCase())?.needs ?? null
}

export function isRefusedToMasked(use: FunctionUse): boolean {
  const masked = find(use.name.toLowerCase())?.masked
  return masked === 'refused' || (masked === 'constant-only' && !use.isConstant)
}
