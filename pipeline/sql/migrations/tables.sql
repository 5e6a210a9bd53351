-- recorded from the migrations up to 0013
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE checkpoint (
	id INTEGER NOT NULL, 
	made_at DATETIME NOT NULL, 
	size INTEGER NOT NULL, 
	last_snapshot_id INTEGER NOT NULL, 
	root TEXT NOT NULL, 
	note TEXT NOT NULL, 
	timestamp_response TEXT, 
	CONSTRAINT pk_checkpoint PRIMARY KEY (id)
);
CREATE TABLE source (
	id INTEGER NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	site TEXT NOT NULL, 
	publisher TEXT NOT NULL, 
	region TEXT NOT NULL, 
	paused_until DATETIME, 
	CONSTRAINT pk_source PRIMARY KEY (id), 
	CONSTRAINT uq_source_name UNIQUE (name)
);
CREATE TABLE tick (
	id INTEGER NOT NULL, 
	job TEXT NOT NULL, 
	due_at DATETIME NOT NULL, 
	taken_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	outcome TEXT NOT NULL, 
	CONSTRAINT pk_tick PRIMARY KEY (id), 
	CONSTRAINT uq_tick_job_due_at UNIQUE (job, due_at)
);
CREATE TABLE column_walk (
	source_id INTEGER NOT NULL, 
	column_url TEXT NOT NULL, 
	complete BOOLEAN NOT NULL, 
	walked_at DATETIME NOT NULL, began_at DATETIME, completed_at DATETIME, 
	CONSTRAINT pk_column_walk PRIMARY KEY (source_id, column_url), 
	CONSTRAINT fk_column_walk_source_id_source FOREIGN KEY(source_id) REFERENCES source (id)
);
CREATE TABLE listing (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	url TEXT NOT NULL, 
	title TEXT NOT NULL, 
	listed_date DATE, 
	column_url TEXT NOT NULL, 
	column_kind TEXT, 
	state TEXT NOT NULL, 
	tries INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	first_listed_at DATETIME NOT NULL, 
	last_listed_at DATETIME NOT NULL, 
	read_at DATETIME, 
	read_again_at DATETIME, 
	etag TEXT, 
	last_modified TEXT, 
	CONSTRAINT pk_listing PRIMARY KEY (id), 
	CONSTRAINT fk_listing_source_id_source FOREIGN KEY(source_id) REFERENCES source (id), 
	CONSTRAINT uq_listing_source_id_key UNIQUE (source_id, "key")
);
CREATE INDEX ix_listing_read_again_at ON listing (read_again_at);
CREATE INDEX ix_listing_source_id_state ON listing (source_id, state);
CREATE TABLE notice (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	url TEXT NOT NULL, 
	state TEXT NOT NULL, 
	revisions INTEGER NOT NULL, 
	group_id INTEGER, 
	first_seen_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, tallies JSON DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_notice PRIMARY KEY (id), 
	CONSTRAINT fk_notice_source_id_source FOREIGN KEY(source_id) REFERENCES source (id), 
	CONSTRAINT uq_notice_key UNIQUE ("key")
);
CREATE INDEX ix_notice_group_id ON notice (group_id);
CREATE TABLE run (
	id INTEGER NOT NULL, 
	source_id INTEGER, 
	kind TEXT NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	outcome TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	counts JSON NOT NULL, 
	CONSTRAINT pk_run PRIMARY KEY (id), 
	CONSTRAINT fk_run_source_id_source FOREIGN KEY(source_id) REFERENCES source (id)
);
CREATE INDEX ix_run_source_id ON run (source_id);
CREATE TABLE instrument_key (
	notice_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	CONSTRAINT pk_instrument_key PRIMARY KEY (notice_id, "key"), 
	CONSTRAINT fk_instrument_key_notice_id_notice FOREIGN KEY(notice_id) REFERENCES notice (id)
);
CREATE INDEX ix_instrument_key_key ON instrument_key ("key");
CREATE TABLE observation (
	id INTEGER NOT NULL, 
	notice_id INTEGER NOT NULL, 
	run_id INTEGER, 
	observed_at DATETIME NOT NULL, 
	evidence TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	site_healthy BOOLEAN NOT NULL, 
	CONSTRAINT pk_observation PRIMARY KEY (id), 
	CONSTRAINT fk_observation_notice_id_notice FOREIGN KEY(notice_id) REFERENCES notice (id), 
	CONSTRAINT fk_observation_run_id_run FOREIGN KEY(run_id) REFERENCES run (id)
);
CREATE INDEX ix_observation_notice_id ON observation (notice_id);
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	notice_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT fk_outbox_notice_id_notice FOREIGN KEY(notice_id) REFERENCES notice (id)
);
CREATE TABLE snapshot (
	id INTEGER NOT NULL, 
	run_id INTEGER, 
	kind TEXT NOT NULL, 
	warc_file TEXT NOT NULL, 
	"offset" INTEGER NOT NULL, 
	length INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	status INTEGER NOT NULL, 
	media_type TEXT, 
	fetched_at DATETIME NOT NULL, 
	payload_digest TEXT NOT NULL, 
	revisit BOOLEAN NOT NULL, 
	note JSON NOT NULL, 
	CONSTRAINT pk_snapshot PRIMARY KEY (id), 
	CONSTRAINT fk_snapshot_run_id_run FOREIGN KEY(run_id) REFERENCES run (id), 
	CONSTRAINT uq_snapshot_warc_file_offset UNIQUE (warc_file, "offset")
);
CREATE INDEX ix_snapshot_payload_digest ON snapshot (payload_digest);
CREATE INDEX ix_snapshot_run_id ON snapshot (run_id);
CREATE INDEX ix_snapshot_url ON snapshot (url);
CREATE TABLE revision (
	id INTEGER NOT NULL, 
	notice_id INTEGER NOT NULL, 
	n INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	snapshot_id INTEGER, 
	parser_version TEXT NOT NULL, 
	content_digest TEXT NOT NULL, 
	title TEXT NOT NULL, 
	text TEXT NOT NULL, 
	published_date DATE, 
	written_date DATE, 
	effective_date DATE, 
	expiry_date DATE, 
	issuer TEXT, 
	document_number TEXT, 
	number_key TEXT, 
	number_loose TEXT, 
	index_number TEXT, 
	kind TEXT, 
	addressees JSON NOT NULL, 
	needs_ocr BOOLEAN NOT NULL, 
	validity TEXT NOT NULL, 
	row_digest TEXT NOT NULL, 
	anatomy JSON NOT NULL, 
	provenance JSON NOT NULL, region TEXT, region_provenance TEXT, theme TEXT, 
	CONSTRAINT pk_revision PRIMARY KEY (id), 
	CONSTRAINT fk_revision_notice_id_notice FOREIGN KEY(notice_id) REFERENCES notice (id), 
	CONSTRAINT fk_revision_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id), 
	CONSTRAINT uq_revision_notice_id_n UNIQUE (notice_id, n)
);
CREATE INDEX ix_revision_number_key ON revision (number_key);
CREATE INDEX ix_revision_snapshot_id ON revision (snapshot_id);
CREATE TABLE alias (
	id INTEGER NOT NULL, 
	revision_id INTEGER NOT NULL, 
	short TEXT NOT NULL, 
	long TEXT NOT NULL, 
	CONSTRAINT pk_alias PRIMARY KEY (id), 
	CONSTRAINT fk_alias_revision_id_revision FOREIGN KEY(revision_id) REFERENCES revision (id)
);
CREATE INDEX ix_alias_revision_id ON alias (revision_id);
CREATE INDEX ix_alias_short ON alias (short);
CREATE TABLE attachment (
	id INTEGER NOT NULL, 
	revision_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	url TEXT, 
	media_type TEXT, 
	digest TEXT, 
	size INTEGER, 
	outcome TEXT NOT NULL, 
	detail TEXT, 
	text TEXT NOT NULL, 
	snapshot_id INTEGER, 
	CONSTRAINT pk_attachment PRIMARY KEY (id), 
	CONSTRAINT fk_attachment_revision_id_revision FOREIGN KEY(revision_id) REFERENCES revision (id), 
	CONSTRAINT fk_attachment_snapshot_id_snapshot FOREIGN KEY(snapshot_id) REFERENCES snapshot (id), 
	CONSTRAINT uq_attachment_revision_id_position UNIQUE (revision_id, position)
);
CREATE TABLE citation (
	id INTEGER NOT NULL, 
	revision_id INTEGER NOT NULL, 
	relation TEXT NOT NULL, 
	target_title TEXT, 
	target_number TEXT, 
	target_key TEXT, 
	target_id INTEGER, 
	sentence TEXT NOT NULL, title_key TEXT, 
	CONSTRAINT pk_citation PRIMARY KEY (id), 
	CONSTRAINT fk_citation_revision_id_revision FOREIGN KEY(revision_id) REFERENCES revision (id), 
	CONSTRAINT fk_citation_target_id_notice FOREIGN KEY(target_id) REFERENCES notice (id)
);
CREATE INDEX ix_citation_revision_id ON citation (revision_id);
CREATE INDEX ix_citation_target_key ON citation (target_key);
CREATE TABLE correction (
	id INTEGER NOT NULL, 
	revision_id INTEGER NOT NULL, 
	made_at DATETIME NOT NULL, 
	from_parser TEXT NOT NULL, 
	to_parser TEXT NOT NULL, 
	changes JSON NOT NULL, 
	CONSTRAINT pk_correction PRIMARY KEY (id), 
	CONSTRAINT fk_correction_revision_id_revision FOREIGN KEY(revision_id) REFERENCES revision (id)
);
CREATE INDEX ix_correction_revision_id ON correction (revision_id);
CREATE TABLE archive (
	id VARCHAR(36) NOT NULL, 
	made_at DATETIME NOT NULL, 
	CONSTRAINT pk_archive PRIMARY KEY (id)
);
CREATE TABLE change (
	seq INTEGER NOT NULL, 
	notice_id INTEGER NOT NULL, 
	revision INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	run_id INTEGER, 
	baseline BOOLEAN NOT NULL, 
	cause_id INTEGER, 
	CONSTRAINT pk_change PRIMARY KEY (seq)
);
CREATE INDEX ix_change_notice_id ON change (notice_id);
CREATE INDEX ix_change_at ON change (at);
CREATE TABLE watch (
	id INTEGER NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	"query" TEXT NOT NULL, 
	channels JSON NOT NULL, 
	every TEXT NOT NULL, 
	paused BOOLEAN NOT NULL, 
	made_at DATETIME NOT NULL, 
	matched_seq INTEGER NOT NULL, 
	bundled_at DATETIME, 
	CONSTRAINT pk_watch PRIMARY KEY (id), 
	CONSTRAINT uq_watch_name UNIQUE (name)
);
CREATE TABLE watch_hit (
	id INTEGER NOT NULL, 
	watch_id INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	event TEXT NOT NULL, 
	delivery_key VARCHAR(36), 
	CONSTRAINT pk_watch_hit PRIMARY KEY (id), 
	CONSTRAINT fk_watch_hit_watch_id_watch FOREIGN KEY(watch_id) REFERENCES watch (id), 
	CONSTRAINT uq_watch_hit_watch_id_seq UNIQUE (watch_id, seq)
);
CREATE INDEX ix_watch_hit_delivery_key ON watch_hit (delivery_key);
CREATE TABLE delivery (
	id INTEGER NOT NULL, 
	"key" VARCHAR(36) NOT NULL, 
	watch TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	body TEXT NOT NULL, 
	state TEXT NOT NULL, 
	tries INTEGER NOT NULL, 
	made_at DATETIME NOT NULL, 
	due_at DATETIME NOT NULL, 
	answer TEXT NOT NULL, 
	CONSTRAINT pk_delivery PRIMARY KEY (id), 
	CONSTRAINT uq_delivery_key_channel UNIQUE ("key", channel)
);
CREATE INDEX ix_delivery_state ON delivery (state);
CREATE TABLE recognition (
	id INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	recogniser TEXT NOT NULL, 
	made_at DATETIME NOT NULL, 
	pictures INTEGER NOT NULL, 
	tried INTEGER NOT NULL, 
	pages JSON NOT NULL, 
	failures JSON NOT NULL, 
	row_digest TEXT NOT NULL, 
	CONSTRAINT pk_recognition PRIMARY KEY (id), 
	CONSTRAINT uq_recognition_digest UNIQUE (digest)
);
CREATE INDEX ix_notice_source_id_first_seen_at ON notice (source_id, first_seen_at, revisions);
CREATE INDEX ix_revision_published ON revision (notice_id, n, published_date, parser_version);
CREATE INDEX ix_listing_column ON listing (source_id, column_url, last_listed_at, listed_date);
CREATE INDEX ix_listing_first_listed_at ON listing (source_id, first_listed_at, state);
CREATE INDEX ix_observation_run_id ON observation (run_id);
CREATE TABLE sketch (
	notice_id INTEGER NOT NULL, 
	written_date DATE, 
	length INTEGER NOT NULL, 
	shingles BLOB NOT NULL, 
	figures BLOB NOT NULL, 
	CONSTRAINT pk_sketch PRIMARY KEY (notice_id), 
	CONSTRAINT fk_sketch_notice_id_notice FOREIGN KEY(notice_id) REFERENCES notice (id)
);
CREATE TABLE takedown (
	id INTEGER NOT NULL, 
	notice_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	passage TEXT, 
	reason TEXT NOT NULL, 
	legal BOOLEAN NOT NULL, 
	made_at DATETIME NOT NULL, 
	undone_at DATETIME, 
	undone_reason TEXT NOT NULL, 
	CONSTRAINT pk_takedown PRIMARY KEY (id)
);
CREATE INDEX ix_takedown_notice_id ON takedown (notice_id);
CREATE INDEX ix_citation_title_key ON citation (title_key);
CREATE INDEX ix_change_news ON change (seq) WHERE baseline IS 0;
