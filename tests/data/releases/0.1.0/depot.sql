BEGIN TRANSACTION;
CREATE TABLE alembic_version_depot (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_depot_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version_depot" VALUES('0001');
CREATE TABLE catalog_entries (
	id INTEGER NOT NULL, 
	hub VARCHAR(40) NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	repo VARCHAR(200) NOT NULL, 
	title VARCHAR(300) NOT NULL, 
	description TEXT, 
	tags JSON NOT NULL, 
	owner VARCHAR(200), 
	active BOOLEAN NOT NULL, 
	private BOOLEAN NOT NULL, 
	pinned BOOLEAN NOT NULL, 
	status VARCHAR(12) NOT NULL, 
	format VARCHAR(20), 
	first_downloaded_by VARCHAR(200), 
	first_downloaded_at DATETIME, 
	first_downloaded_from VARCHAR(64), 
	download_count INTEGER NOT NULL, 
	uses INTEGER NOT NULL, 
	first_used_at DATETIME, 
	last_used_at DATETIME, 
	created_at DATETIME NOT NULL, 
	deleted_at DATETIME, 
	CONSTRAINT pk_catalog_entries PRIMARY KEY (id), 
	CONSTRAINT uq_catalog_entries_hub_kind_repo UNIQUE (hub, kind, repo)
);
INSERT INTO "catalog_entries" VALUES(455810276602647430,'huggingface','model','org/small','org/small',NULL,'[]','alice',1,0,0,'ready','safetensors','alice','2026-11-20 14:14:36.970021','127.0.0.1',2,2,'2026-11-20 14:14:37.799970','2026-11-20 14:14:37.933164','2026-11-20 14:14:36.970021',NULL);
INSERT INTO "catalog_entries" VALUES(455810278788241808,'huggingface','model','org/other','org/other',NULL,'[]','bob',1,0,0,'quarantined','pytorch','bob','2026-11-20 14:14:38.015943','127.0.0.1',1,1,'2026-11-20 14:14:38.248552','2026-11-20 14:14:38.248552','2026-11-20 14:14:38.015943',NULL);
CREATE TABLE catalog_files (
	revision INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	digest VARCHAR(80) NOT NULL, 
	state SMALLINT NOT NULL, 
	CONSTRAINT pk_catalog_files PRIMARY KEY (revision, path), 
	CONSTRAINT fk_catalog_files_revision FOREIGN KEY(revision) REFERENCES catalog_revisions (id)
);
INSERT INTO "catalog_files" VALUES(455810276970829717,'README.md',21,'git:32897cd3e640101ba184f8c4ccd896981de3804a',1);
INSERT INTO "catalog_files" VALUES(455810276970829717,'config.json',54,'git:32364a3c8645da034aef42e432f31f3356dffedb',1);
INSERT INTO "catalog_files" VALUES(455810276970829717,'model.safetensors',4000,'sha256:697e8f4ef87e32a5187245c00d016a3a714796e3930b5e81be939b3daa023bd2',1);
INSERT INTO "catalog_files" VALUES(455810278963470030,'config.json',2,'git:9e26dfeeb6e641a33dae4961196235bdb965b21b',1);
INSERT INTO "catalog_files" VALUES(455810278963470030,'pytorch_model.bin',3000,'sha256:553b8f52cbe8b845730ba0270c554e95f68843622808c7d0bedef26ea9533984',2);
CREATE TABLE catalog_refs (
	entry INTEGER NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	commit_hash VARCHAR(64) NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_catalog_refs PRIMARY KEY (entry, name), 
	CONSTRAINT fk_catalog_refs_entry FOREIGN KEY(entry) REFERENCES catalog_entries (id)
);
INSERT INTO "catalog_refs" VALUES(455810276602647430,'main','e274aa29ef56417340a8b9bb24bef3e93536b9b1','2026-11-20 14:14:37.933164');
INSERT INTO "catalog_refs" VALUES(455810278788241808,'main','ba114e8401e6c8885b3f1d91ec12200b60f459d3','2026-11-20 14:14:38.015943');
CREATE TABLE catalog_revisions (
	id INTEGER NOT NULL, 
	entry INTEGER NOT NULL, 
	commit_hash VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	completed_at DATETIME, 
	job VARCHAR(36), 
	CONSTRAINT pk_catalog_revisions PRIMARY KEY (id), 
	CONSTRAINT fk_catalog_revisions_entry FOREIGN KEY(entry) REFERENCES catalog_entries (id), 
	CONSTRAINT uq_catalog_revisions_entry_commit_hash UNIQUE (entry, commit_hash)
);
INSERT INTO "catalog_revisions" VALUES(455810276970829717,455810276602647430,'e274aa29ef56417340a8b9bb24bef3e93536b9b1','2026-11-20 14:14:37.132370','2026-11-20 14:14:37.669055','01a1f94f-28af-7ce5-a203-cc226cafc4ac');
INSERT INTO "catalog_revisions" VALUES(455810278963470030,455810278788241808,'ba114e8401e6c8885b3f1d91ec12200b60f459d3','2026-11-20 14:14:38.072340','2026-11-20 14:14:38.241013','01a1f94f-2cc1-7546-b774-e8fabef0cd54');
CREATE TABLE download_blob_claims (
	digest VARCHAR(80) NOT NULL, 
	job_id VARCHAR(36) NOT NULL, 
	attempt INTEGER NOT NULL, 
	CONSTRAINT pk_download_blob_claims PRIMARY KEY (digest)
);
CREATE TABLE download_requests (
	id INTEGER NOT NULL, 
	task_id VARCHAR(36) NOT NULL, 
	artist TEXT, 
	album TEXT, 
	username VARCHAR(200) NOT NULL, 
	vpn_ip VARCHAR(64) NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	timestamp DATETIME NOT NULL, 
	slskd_username TEXT, 
	file_count INTEGER, 
	completed_files INTEGER NOT NULL, 
	total_size BIGINT, 
	album_directory TEXT, 
	completed_at DATETIME, 
	kind VARCHAR(12) NOT NULL, 
	model VARCHAR(300), 
	revision VARCHAR(255), 
	ref VARCHAR(255), 
	job_id VARCHAR(36), 
	error TEXT, 
	identified_by VARCHAR(12) NOT NULL, 
	principal BIGINT NOT NULL, 
	agent VARCHAR(200), 
	entry BIGINT, 
	is_use BOOLEAN NOT NULL, 
	CONSTRAINT pk_download_requests PRIMARY KEY (id), 
	CONSTRAINT uq_download_requests_task_id UNIQUE (task_id)
);
INSERT INTO "download_requests" VALUES(1,'01a1f94f-28bd-7ae3-bc65-b8a60c265c53',NULL,NULL,'alice','127.0.0.1','completed','2026-11-20 14:14:36.970021',NULL,3,3,4075,NULL,'2026-11-20 14:14:37.799970','model','org/small','e274aa29ef56417340a8b9bb24bef3e93536b9b1','main','01a1f94f-28af-7ce5-a203-cc226cafc4ac',NULL,'declared',1,'steelyard-python/0.1.0',455810276602647430,1);
INSERT INTO "download_requests" VALUES(2,'01a1f94f-2c70-744c-967c-0540bb5a7092',NULL,NULL,'bob','127.0.0.1','completed','2026-11-20 14:14:37.933164',NULL,3,3,4075,NULL,'2026-11-20 14:14:37.933164','model','org/small','e274aa29ef56417340a8b9bb24bef3e93536b9b1','main','01a1f94f-28af-7ce5-a203-cc226cafc4ac',NULL,'declared',2,'steelyard-python/0.1.0',455810276602647430,1);
INSERT INTO "download_requests" VALUES(3,'01a1f94f-2cc2-7932-8af0-39250dc1ac74',NULL,NULL,'bob','127.0.0.1','completed','2026-11-20 14:14:38.015943',NULL,2,2,3002,NULL,'2026-11-20 14:14:38.248552','model','org/other','ba114e8401e6c8885b3f1d91ec12200b60f459d3','main','01a1f94f-2cc1-7546-b774-e8fabef0cd54',NULL,'declared',2,'steelyard-python/0.1.0',455810278788241808,1);
INSERT INTO "download_requests" VALUES(4,'01a1f94f-2ecc-77ba-9920-2571d9b5c56f',NULL,NULL,'carol','127.0.0.1','failed','2026-11-20 14:14:38.528586',NULL,NULL,0,NULL,NULL,'2026-11-20 14:14:38.528586','model','org/none',NULL,NULL,NULL,'The hub has no model called org/none, or hides it.','declared',3,'steelyard-python/0.1.0',NULL,0);
CREATE TABLE jobs (
	id VARCHAR(36) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	dedupe_key VARCHAR(700) NOT NULL, 
	payload JSON NOT NULL, 
	model VARCHAR(300), 
	revision VARCHAR(255), 
	subject BIGINT, 
	requested_by VARCHAR(200), 
	priority SMALLINT NOT NULL, 
	status VARCHAR(12) NOT NULL, 
	pause_reason VARCHAR(12), 
	attempt INTEGER NOT NULL, 
	failures INTEGER NOT NULL, 
	lease_owner VARCHAR(80), 
	lease_until DATETIME, 
	not_before DATETIME NOT NULL, 
	downloaded_bytes BIGINT NOT NULL, 
	total_bytes BIGINT, 
	bytes_per_second FLOAT, 
	current_file TEXT, 
	error_slug VARCHAR(60), 
	error TEXT, 
	hint TEXT, 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	updated_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	CONSTRAINT pk_jobs PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('01a1f94f-28af-7ce5-a203-cc226cafc4ac','download','download:huggingface:model:org/small:e274aa29ef56417340a8b9bb24bef3e93536b9b1:a683096011db3975','{"hub": "huggingface", "kind": "model", "repo": "org/small", "revision": null, "commit": "e274aa29ef56417340a8b9bb24bef3e93536b9b1", "include": [], "exclude": []}','org/small','e274aa29ef56417340a8b9bb24bef3e93536b9b1',455810276602647430,'alice',10,'succeeded',NULL,1,0,NULL,NULL,'2026-11-20 14:14:36.970021',4075,4075,NULL,NULL,NULL,NULL,NULL,'2026-11-20 14:14:36.970021','2026-11-20 14:14:37.065538','2026-11-20 14:14:37.799970','2026-11-20 14:14:37.799970');
INSERT INTO "jobs" VALUES('01a1f94f-2cc1-7546-b774-e8fabef0cd54','download','download:huggingface:model:org/other:ba114e8401e6c8885b3f1d91ec12200b60f459d3:a683096011db3975','{"hub": "huggingface", "kind": "model", "repo": "org/other", "revision": null, "commit": "ba114e8401e6c8885b3f1d91ec12200b60f459d3", "include": [], "exclude": []}','org/other','ba114e8401e6c8885b3f1d91ec12200b60f459d3',455810278788241808,'bob',10,'succeeded',NULL,1,0,NULL,NULL,'2026-11-20 14:14:38.015943',3002,3002,NULL,NULL,NULL,NULL,NULL,'2026-11-20 14:14:38.015943','2026-11-20 14:14:38.040313','2026-11-20 14:14:38.248552','2026-11-20 14:14:38.248552');
CREATE TABLE principals (
	id INTEGER NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	subject VARCHAR(200) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	account_id BIGINT, 
	first_seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_principals PRIMARY KEY (id), 
	CONSTRAINT uq_principals_kind_subject UNIQUE (kind, subject)
);
INSERT INTO "principals" VALUES(1,'declared','alice','alice',NULL,'2026-11-20 14:14:36.762502');
INSERT INTO "principals" VALUES(2,'declared','bob','bob',NULL,'2026-11-20 14:14:37.914731');
INSERT INTO "principals" VALUES(3,'declared','carol','carol',NULL,'2026-11-20 14:14:38.377686');
CREATE INDEX ix_catalog_entries_status ON catalog_entries (status);
CREATE INDEX ix_download_blob_claims_job_id ON download_blob_claims (job_id);
CREATE INDEX idx_download_requests_status ON download_requests (status);
CREATE INDEX idx_download_requests_timestamp ON download_requests (timestamp);
CREATE INDEX idx_download_requests_username ON download_requests (username);
CREATE INDEX idx_download_requests_vpn_ip ON download_requests (vpn_ip);
CREATE INDEX ix_download_requests_job_id ON download_requests (job_id);
CREATE INDEX ix_download_requests_uses ON download_requests (principal, entry, revision, timestamp);
CREATE INDEX ix_jobs_created_at ON jobs (created_at);
CREATE INDEX ix_jobs_status ON jobs (status, priority, created_at);
CREATE INDEX ix_jobs_subject ON jobs (subject);
CREATE UNIQUE INDEX uq_jobs_live_dedupe_key ON jobs (dedupe_key) WHERE status IN ('queued', 'running', 'paused');
CREATE INDEX ix_catalog_files_digest ON catalog_files (digest, state);
COMMIT;
