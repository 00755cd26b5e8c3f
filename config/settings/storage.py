"""Content: files below the data folder, or S3. Nothing else in the code knows which.

Static files are on each machine's disk.
"""

from pathlib import Path

from config.settings.place import BASE_DIR, WHARF_DATA_DIR, env

S3_BUCKET = env.str("S3_BUCKET", default="")
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", default="") or None
WHARF_BACKUP_S3_ENDPOINT_URL = env.str("WHARF_BACKUP_S3_ENDPOINT_URL", default="") or S3_ENDPOINT_URL
if S3_BUCKET:
    _content_storage = {
        "BACKEND": "importers.content.s3.S3ContentStorage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT_URL,
            "location": env.str("S3_PREFIX", default="").strip("/"),  # other installations may have the rest of it
        },
    }
else:
    _content_storage = {
        "BACKEND": "importers.content.storage.DurableFileSystemStorage",
        "OPTIONS": {"location": WHARF_DATA_DIR / "content"},
    }
STORAGES = {
    "default": _content_storage,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("WHARF_STATIC_DIR", default="") or WHARF_DATA_DIR / "static")  # of this very version
STATICFILES_DIRS = [BASE_DIR / "static"]
