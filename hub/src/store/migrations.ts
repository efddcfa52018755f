/** Each entry brings the schema from its index to the next; entries never change once released. */
export const migrations: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
   INSERT INTO meta VALUES ('revision', 0);
   CREATE TABLE objects (
     resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
     revision INTEGER NOT NULL, json TEXT NOT NULL,
     PRIMARY KEY (resource, namespace, name)
   );
   CREATE TABLE records (
     kind TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL,
     PRIMARY KEY (kind, key)
   ) WITHOUT ROWID;
   CREATE TABLE blobs (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL);`,
  `DELETE FROM objects WHERE resource = 'events';`,
  // When a blob was last stored, in milliseconds: what nobody refers to is collected by age.
  `ALTER TABLE blobs ADD COLUMN stored INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX blobs_by_age ON blobs (stored);`,
]
