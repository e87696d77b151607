// Functions that do more than compute: what needs a rule of its own whoever calls them, and what a principal with masks may not
// call, because values would leave by it unseen (design.md §5). Names as in pg_catalog and the extensions of contrib.
import type { SqlKind } from '../../../shared/command.ts'

export interface Risk {
  /** `*` at the end stands for any ending: only where nobody names a column so, for `t.name` may be a call too. */
  readonly names: string
  /** The kind of access a call counts as beside its statement's own. */
  readonly needs: SqlKind | null
  /**
   * `keeps`: its arguments can be read, heard or measured elsewhere, so they must not come from masked columns. `noticed`: that it was
   * called can be found out, as of those that keep, so that must not depend on a masked column.
   */
  readonly masked: 'refused' | 'keeps' | 'noticed' | 'allowed'
  /** Reads on after the function's name. */
  readonly why: string
}

const risks: readonly Risk[] = [
  { names: 'query_to_xml* cursor_to_xml* table_to_xml* schema_to_xml* database_to_xml*', needs: 'other', masked: 'refused', why: 'runs SQL text or reads a table that is named by a text' },
  { names: 'dblink*', needs: 'other', masked: 'refused', why: 'runs SQL text on another connection' },
  { names: 'crosstab* connectby xpath_table ts_stat ts_rewrite', needs: 'other', masked: 'refused', why: 'runs SQL text' },
  { names: 'currtid2', needs: 'other', masked: 'refused', why: 'reads a table that is named by a text' },
  { names: 'pg_read_file pg_read_binary_file pg_stat_file pg_ls_* pg_file_* pg_current_logfile pg_logdir_ls', needs: 'copy-file', masked: 'refused', why: "reads the server's files" },
  { names: `lo_close lo_creat lo_create lo_export lo_from_bytea lo_get lo_import lo_lseek lo_lseek64 lo_open lo_put lo_tell lo_tell64 lo_truncate
    lo_truncate64 lo_unlink loread lowrite`, needs: 'other', masked: 'refused', why: 'works on large objects, which no policy on tables covers' },
  { names: `get_raw_page heap_page_item* bt_page_* brin_page_* gin_page_* gist_page_* hash_page_* page_header tuple_data_split pgrowlocks pgstattuple*
    pg_buffercache*`, needs: 'other', masked: 'refused', why: 'reads pages below the tables' },
  { names: `pg_logical_* pg_create_logical_replication_slot pg_create_physical_replication_slot pg_copy_logical_replication_slot
    pg_copy_physical_replication_slot pg_drop_replication_slot pg_replication_* pg_get_wal_* pg_walinspect* pg_sync_replication_slots`, needs: 'other', masked: 'refused', why: 'belongs to replication, which carries rows out' },
  { names: `pg_stat_get_activity pg_stat_get_backend_activity pg_stat_statements pg_stat_get_wal_receiver pg_prepared_statement pg_cursor
    pg_show_all_file_settings pg_hba_file_rules pg_ident_file_mappings`, needs: 'other', masked: 'refused', why: "shows other people's statements, or the server's secrets" },
  { names: `pg_terminate_backend pg_cancel_backend pg_reload_conf pg_rotate_logfile pg_promote pg_switch_wal pg_create_restore_point pg_wal_replay_pause
    pg_wal_replay_resume pg_backup_start pg_backup_stop pg_start_backup pg_stop_backup pg_log_backend_memory_contexts pg_export_snapshot pg_stat_reset*
    pg_import_system_collations pg_extension_config_dump pg_nextoid pg_restore_attribute_stats pg_restore_relation_stats pg_clear_attribute_stats
    pg_clear_relation_stats binary_upgrade_*`, needs: 'other', masked: 'refused', why: 'acts on the server or on the sessions of others' },
  { names: `brin_summarize_range brin_summarize_new_values brin_desummarize_range gin_clean_pending_list pg_log_standby_snapshot pg_stop_making_pinned_objects
    amvalidate pg_stat_clear_snapshot pg_stat_force_next_flush pg_stat_have_stats`, needs: null, masked: 'refused', why: 'is for those who administer the server' },
  { names: 'pg_stat_get_numscans', needs: null, masked: 'allowed', why: 'says how often an index was used, which DBeaver asks of every index' },
  { names: 'pg_stat_get_* pg_mcv_list_items', needs: null, masked: 'refused', why: 'gives statistics, which repeat values and count rows' },
  { names: `pg_blocking_pids pg_safe_snapshot_blocking_pids pg_isolation_test_session_is_blocked pg_lock_status pg_prepared_xact pg_get_replication_slots
    pg_show_replication_origin_status pg_get_multixact_members`, needs: null, masked: 'refused', why: 'shows what the sessions of others do' },
  { names: `pg_control_* pg_config pg_get_aios pg_get_shmem_* pg_get_backend_memory_contexts pg_get_loaded_modules pg_get_wait_events
    pg_available_wal_summaries pg_wal_summary_contents inet_server_addr inet_server_port inet_client_addr inet_client_port`, needs: null, masked: 'refused', why: 'shows the server below the database, and where it is' },
  { names: 'current_query', needs: null, masked: 'refused', why: 'repeats the statement, with constants that recordings hide' },
  { names: 'setval', needs: 'other', masked: 'keeps', why: 'puts its arguments into a sequence, where they can be read' },
  { names: 'nextval', needs: null, masked: 'keeps', why: 'moves the sequence its argument chooses, which can be seen' },
  { names: 'setseed', needs: null, masked: 'keeps', why: 'puts its argument into random(), from which it can be computed' },
  { names: 'set_config', needs: null, masked: 'keeps', why: 'puts its arguments into a setting, which can be shown again' },
  { names: 'pg_notify', needs: 'notify', masked: 'keeps', why: 'sends its arguments to every listener' },
  { names: 'pg_sleep pg_sleep_for pg_sleep_until', needs: null, masked: 'keeps', why: 'shows its argument by how long it takes' },
  { names: `pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared
    pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared`, needs: null, masked: 'keeps', why: 'takes a lock that other sessions can see and try' },
  { names: 'random random_normal array_sample array_shuffle', needs: null, masked: 'noticed', why: 'moves the chance that the next call shows' },
  { names: 'txid_current pg_current_xact_id', needs: null, masked: 'noticed', why: 'gives the transaction a number, which it has from then on' },
]

const exact = new Map<string, Risk>()
const prefixes = new Map<string, Risk>()
for (const risk of risks) {
  for (const name of risk.names.split(/\s+/)) {
    if (name.endsWith('*')) prefixes.set(name.slice(0, -1), risk)
    else exact.set(name, risk)
  }
}
/** Asked of every qualified column of a text: one search for all. */
const anyPrefix = new RegExp(`^(?:${[...prefixes.keys()].join('|')})`)

/** The schema is ignored: extensions live anywhere. Null for most functions. */
export function riskOf(name: string): Risk | null {
  const own = name.toLowerCase()
  const prefix = exact.has(own) ? undefined : anyPrefix.exec(own)?.[0]
  return exact.get(own) ?? (prefix === undefined ? null : prefixes.get(prefix) ?? null)
}

export function accessOfFunction(name: string): SqlKind | null {
  return riskOf(name)?.needs ?? null
}

/** Whether it was called can be found out afterwards. */
export function isNoticed(name: string): boolean {
  const masked = riskOf(name)?.masked
  return masked === 'keeps' || masked === 'noticed'
}
