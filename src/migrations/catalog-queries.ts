/** Schemas of the server itself, and of this session. */
const own = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;
/** Objects of an extension differ with its version. */
const ofNoExtension = (catalog: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;
const named = (schema: string, name: string) =>
  `CASE WHEN ${schema} = 'public' THEN quote_ident(${name}) ELSE format('%I.%I', ${schema}, ${name}) END`;
const relation = (alias: string) => `FROM pg_class ${alias} JOIN pg_namespace n ON n.oid = ${alias}.relnamespace`;
const names = (table: string, keys: string) =>
  `coalesce((SELECT jsonb_agg(quote_ident(a.attname) ORDER BY k.at) FROM unnest(${keys}) WITH ORDINALITY k(num, at)
     JOIN pg_attribute a ON a.attrelid = ${table} AND a.attnum = k.num), '[]')`;
const tableForms = `CASE c.relkind WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table' ELSE 'table' END
     || CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN ' with row security for its owner' ELSE '' END`;

const relations = [
  `SELECT jsonb_build_object('kind', 'table', 'name', ${named('n.nspname', 'c.relname')}, 'form', ${tableForms},
     'persistence', CASE c.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' ELSE 'permanent' END,
     'rowSecurity', c.relrowsecurity,
     'partition', CASE WHEN c.relispartition THEN (SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid)
       || ' ' || pg_get_expr(c.relpartbound, c.oid) ELSE (SELECT 'child of ' || string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
         FROM pg_inherits i WHERE i.inhrelid = c.oid) END)
   ${relation('c')} WHERE c.relkind IN ('r', 'p', 'f') AND ${own} AND ${ofNoExtension('pg_class', 'c.oid')}`,
  `SELECT jsonb_build_object('kind', CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END,
     'name', ${named('n.nspname', 'c.relname')}, 'definition', pg_get_viewdef(c.oid) || coalesce(' with ' || c.reloptions::text, ''))
   ${relation('c')} WHERE c.relkind IN ('v', 'm') AND ${own} AND ${ofNoExtension('pg_class', 'c.oid')}`,
  `SELECT jsonb_build_object('kind', 'column', 'table', ${named('n.nspname', 'c.relname')}, 'name', quote_ident(a.attname),
     'type', format_type(a.atttypid, a.atttypmod), 'nullable', NOT (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)),
     'default', CASE WHEN a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), t.typdefault) END,
     'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
     'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
     'collation', (SELECT l.collname FROM pg_collation l WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation))
   ${relation('c')} JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
   WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND ${own}
     AND ${ofNoExtension('pg_class', 'c.oid')} ORDER BY a.attnum`,
  // A NOT NULL is a constraint of its own from PostgreSQL 18 on, and an attribute of the column in every version.
  `SELECT jsonb_build_object('kind', 'constraint', 'table', ${named('n.nspname', 'c.relname')}, 'name', k.conname,
     'type', CASE k.contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique'
       WHEN 'x' THEN 'exclude' ELSE 'other' END,
     'columns', ${names('c.oid', 'k.conkey')}, 'definition', replace(pg_get_constraintdef(k.oid), ' NOT VALID', ''),
     'validated', k.convalidated)
   ${relation('c')} JOIN pg_constraint k ON k.conrelid = c.oid WHERE k.contype NOT IN ('n', 't') AND ${own}
     AND ${ofNoExtension('pg_class', 'c.oid')}`,
  `SELECT jsonb_build_object('kind', 'index', 'table', ${named('n.nspname', 't.relname')}, 'name', c.relname,
     'columns', ${names('t.oid', 'i.indkey')}, 'unique', i.indisunique, 'valid', i.indisvalid, 'definition', pg_get_indexdef(c.oid))
   FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
     JOIN pg_namespace n ON n.oid = t.relnamespace
   WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')) AND ${own}
     AND ${ofNoExtension('pg_class', 't.oid')}`,
  `SELECT jsonb_build_object('kind', 'sequence', 'name', ${named('n.nspname', 'c.relname')},
     'definition', format('%s from %s by %s, %s to %s, cache %s, cycle %s', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement,
       s.seqmin, s.seqmax, s.seqcache, s.seqcycle),
     'ownedBy', (SELECT ${named('m.nspname', 'w.relname')} || '.' || quote_ident(a.attname) FROM pg_depend o
       JOIN pg_class w ON w.oid = o.refobjid JOIN pg_namespace m ON m.oid = w.relnamespace
       JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.deptype = 'a' LIMIT 1))
   ${relation('c')} JOIN pg_sequence s ON s.seqrelid = c.oid WHERE ${own} AND ${ofNoExtension('pg_class', 'c.oid')}
     AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = c.oid AND i.deptype = 'i')`,
];

/** Of the rows `p` of aclexplode; the object that it is on follows. */
const privilege = `jsonb_build_object('kind', 'privilege', 'name', p.privilege_type,
     'grantee', CASE WHEN p.grantee = 0 THEN 'PUBLIC' ELSE p.grantee::regrole::text END,`;

const ofTables = [
  `SELECT jsonb_build_object('kind', 'trigger', 'table', ${named('n.nspname', 'c.relname')}, 'name', t.tgname,
     'definition', pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' enabled ' || t.tgenabled::text END)
   ${relation('c')} JOIN pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal AND ${own}`,
  `SELECT jsonb_build_object('kind', 'policy', 'table', ${named('n.nspname', 'c.relname')}, 'name', p.polname,
     'definition', format('%s for %s to %s using %s check %s', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
       p.polcmd::text, p.polroles::regrole[]::text, pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)))
   ${relation('c')} JOIN pg_policy p ON p.polrelid = c.oid WHERE ${own}`,
  `SELECT jsonb_build_object('kind', 'rule', 'table', ${named('n.nspname', 'c.relname')}, 'name', r.rulename,
     'definition', pg_get_ruledef(r.oid))
   ${relation('c')} JOIN pg_rewrite r ON r.ev_class = c.oid WHERE r.rulename <> '_RETURN' AND ${own}`,
  `SELECT ${privilege} 'on', CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN 'sequence ' ELSE 'table ' END
       || ${named('n.nspname', 'c.relname')})
   ${relation('c')}, aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) p
   WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND ${own} AND ${ofNoExtension('pg_class', 'c.oid')}
     AND NOT (c.relkind = 'S' AND EXISTS
       (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = c.oid AND i.deptype = 'i'))`,
  `SELECT ${privilege} 'on', 'column ' || ${named('n.nspname', 'c.relname')} || '.' || quote_ident(a.attname))
   ${relation('c')} JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) p
   WHERE NOT a.attisdropped AND ${own} AND ${ofNoExtension('pg_class', 'c.oid')}`,
  `SELECT ${privilege} 'on', 'function ' || ${named('n.nspname', 'f.proname')} || '(' || pg_get_function_identity_arguments(f.oid) || ')')
   FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) p
   WHERE ${own} AND ${ofNoExtension('pg_proc', 'f.oid')}`,
  `SELECT ${privilege} 'on', 'schema ' || quote_ident(n.nspname))
   FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) p
   WHERE ${own} AND ${ofNoExtension('pg_namespace', 'n.oid')}`,
];

const types = [
  `SELECT jsonb_build_object('kind', 'enum', 'name', ${named('n.nspname', 't.typname')},
     'values', (SELECT coalesce(jsonb_agg(e.enumlabel ORDER BY e.enumsortorder), '[]') FROM pg_enum e WHERE e.enumtypid = t.oid))
   FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND ${own} AND ${ofNoExtension('pg_type', 't.oid')}`,
  `SELECT jsonb_build_object('kind', 'domain', 'name', ${named('n.nspname', 't.typname')},
     'definition', concat_ws(' ', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'NOT NULL' END,
       'DEFAULT ' || t.typdefault, (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname) FROM pg_constraint k
       WHERE k.contypid = t.oid)))
   FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND ${own} AND ${ofNoExtension('pg_type', 't.oid')}`,
  `SELECT jsonb_build_object('kind', 'composite type', 'name', ${named('n.nspname', 'c.relname')},
     'definition', (SELECT coalesce(string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum), '')
       FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
   ${relation('c')} WHERE c.relkind = 'c' AND ${own} AND ${ofNoExtension('pg_class', 'c.oid')}`,
  `SELECT jsonb_build_object('kind', 'function', 'name', ${named('n.nspname', 'p.proname')} || '(' || pg_get_function_identity_arguments(p.oid) || ')',
     'called', ${named('n.nspname', 'p.proname')}, 'result', coalesce(pg_get_function_result(p.oid), 'nothing'),
     'definition', CASE WHEN p.prokind = 'a' THEN (SELECT (to_jsonb(g) - 'aggfnoid')::text FROM pg_aggregate g WHERE g.aggfnoid = p.oid)
       ELSE pg_get_functiondef(p.oid) END)
   FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${own} AND ${ofNoExtension('pg_proc', 'p.oid')}`,
  `SELECT jsonb_build_object('kind', 'schema', 'name', quote_ident(n.nspname), 'definition', '') FROM pg_namespace n
   WHERE ${own} AND ${ofNoExtension('pg_namespace', 'n.oid')}`,
  `SELECT jsonb_build_object('kind', 'extension', 'name', e.extname, 'definition', e.extversion) FROM pg_extension e`,
];

/** Catalogs whose objects are only listed by what pg_identify_object calls them; initdb's have smaller ids. */
const others = [
  ...'pg_operator pg_cast pg_collation pg_conversion pg_opclass pg_opfamily pg_am pg_ts_config pg_ts_dict pg_ts_parser'.split(
    ' ',
  ),
  ...'pg_ts_template pg_statistic_ext pg_event_trigger pg_publication pg_foreign_server pg_foreign_data_wrapper'.split(
    ' ',
  ),
  ...'pg_user_mapping pg_language pg_transform pg_default_acl'.split(' '),
].map(
  (catalog) =>
    `SELECT jsonb_build_object('kind', 'other', 'name', i.type || ' ' || i.identity, 'definition', (to_jsonb(c) - 'oid')::text)
     FROM ${catalog} c, pg_identify_object('${catalog}'::regclass, c.oid, 0) i WHERE c.oid >= 16384 AND ${ofNoExtension(catalog, 'c.oid')}`,
);
const rangeTypes = `SELECT jsonb_build_object('kind', 'other', 'name', 'range type ' || t.oid::regtype::text,
    'definition', format_type(r.rngsubtype, NULL))
  FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE ${own} AND ${ofNoExtension('pg_type', 't.oid')}`;

/** Each returns one JSON object a row, which is one object of the snapshot. */
export const catalogQueries: readonly string[] = [
  ...types,
  ...relations,
  ...ofTables,
  [...others, rangeTypes].join('\nUNION ALL\n'),
];
