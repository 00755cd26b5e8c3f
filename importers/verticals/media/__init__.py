"""MEDIA, PHOTOS and VIDEOS: albums, photos and videos."""
