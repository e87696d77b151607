// Functions of PostgreSQL's own that are not immutable, and yet give nothing but their arguments, the clock, chance, who is asking,
// definitions or sizes. What is not immutable and not here is unknown: files, settings (set_config can put a value into one),
// statistics, other sessions, large objects, and whatever runs a text as SQL.

const groups: { readonly [why: string]: string } = {
  'conversions that depend on time zone, locale or encoding': `age anytextcat convert convert_from convert_to date date_add date_part date_subtract
    date_trunc extract length make_timestamptz money numeric overlaps textanycat time timestamp timestamptz timetz timezone to_char to_date to_number
    to_timestamp generate_series in_range interval_pl_timestamptz timestamptz_pl_interval timestamptz_mi_interval xml xml_is_well_formed`,
  'texts, arrays and JSON out of any type': `array_to_json array_to_string concat concat_ws format quote_literal quote_nullable row_to_json
    to_json to_jsonb json_agg json_agg_strict json_build_array json_build_object json_object_agg json_object_agg_strict json_object_agg_unique
    json_object_agg_unique_strict json_populate_record json_populate_recordset json_to_record json_to_recordset json_to_tsvector jsonb_agg
    jsonb_agg_strict jsonb_build_array jsonb_build_object jsonb_populate_record jsonb_populate_record_valid jsonb_populate_recordset jsonb_to_record jsonb_to_recordset
    jsonb_to_tsvector jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_array_tz jsonb_path_query_first_tz jsonb_path_query_tz`,
  'text search by dictionaries, which are files of the server': `to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_headline
    ts_match_tq ts_match_tt get_current_ts_config`,
  'of a value': 'pg_typeof pg_collation_for pg_column_size pg_column_compression pg_input_is_valid pg_input_error_info enum_first enum_last enum_range',
  'the clock': 'now statement_timestamp transaction_timestamp clock_timestamp timeofday pg_sleep pg_sleep_for pg_sleep_until',
  'chance, counters and locks': `random random_normal gen_random_uuid uuidv4 uuidv7 array_sample array_shuffle nextval pg_advisory_lock
    pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared
    pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared`,
  'who asks, and where': `current_database current_schema current_schemas current_user session_user version pg_backend_pid pg_client_encoding
    getdatabaseencoding pg_is_in_recovery pg_postmaster_start_time pg_my_temp_schema inet_server_addr inet_server_port`,
  'definitions': `format_type obj_description col_description shobj_description pg_get_constraintdef pg_get_expr pg_get_function_arg_default
    pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result pg_get_function_sqlbody pg_get_functiondef pg_get_indexdef
    pg_get_keywords pg_get_partition_constraintdef pg_get_partkeydef pg_get_ruledef pg_get_serial_sequence pg_get_statisticsobjdef
    pg_get_statisticsobjdef_columns pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_encoding_to_char pg_char_to_encoding pg_describe_object
    pg_identify_object pg_index_column_has_property pg_index_has_property pg_indexam_has_property pg_relation_is_updatable pg_column_is_updatable
    pg_relation_is_publishable pg_options_to_table pg_partition_ancestors pg_partition_tree pg_sequence_parameters pg_tablespace_location
    pg_get_replica_identity_index pg_get_publication_tables row_security_active to_regclass to_regcollation to_regnamespace to_regoper
    to_regoperator to_regproc to_regprocedure to_regrole to_regtype to_regtypemod regclass oidvectortypes pg_basetype`,
  'visibility and rights': `pg_table_is_visible pg_type_is_visible pg_function_is_visible pg_operator_is_visible pg_opclass_is_visible
    pg_opfamily_is_visible pg_collation_is_visible pg_conversion_is_visible pg_statistics_obj_is_visible pg_ts_config_is_visible
    pg_ts_dict_is_visible pg_ts_parser_is_visible pg_ts_template_is_visible pg_is_other_temp_schema has_any_column_privilege has_column_privilege
    has_database_privilege has_foreign_data_wrapper_privilege has_function_privilege has_language_privilege has_parameter_privilege
    has_schema_privilege has_sequence_privilege has_server_privilege has_table_privilege has_tablespace_privilege has_type_privilege pg_has_role`,
  'sizes': 'pg_relation_size pg_table_size pg_total_relation_size pg_indexes_size pg_database_size pg_tablespace_size pg_relation_filenode pg_relation_filepath',
}

export const trustedFunctions: ReadonlySet<string> = new Set(Object.values(groups).flatMap((names) => names.split(/\s+/)))

/** Their result is a number of rows: arguments, order and partition decide it, and none can be read out of it. */
export const countingFunctions: ReadonlySet<string> = new Set(['count', 'row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist'])
