"""Images: codecs in shared objects that the wheel keeps in a folder of its own."""

from __future__ import annotations

import hashlib
import io

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageStat, features

print(
    sorted(name for name in ("jpg", "zlib", "libtiff", "freetype2", "webp") if features.check(name))
)
picture = Image.new("RGB", (120, 80), (250, 240, 10))
draw = ImageDraw.Draw(picture)
draw.ellipse((10, 10, 70, 70), fill=(200, 20, 20))
draw.text((60, 30), "mesh", fill=(0, 0, 90), font=ImageFont.load_default(18))


def digest(image: Image.Image) -> str:
    return hashlib.md5(image.tobytes()).hexdigest()


print(digest(picture))
for kind, options in (
    ("PNG", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("WEBP", {"lossless": True}),
    ("BMP", {}),
    ("GIF", {}),
):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    again = Image.open(io.BytesIO(file.getvalue())).convert("RGB")
    print(kind, ImageChops.difference(again, picture).getbbox(), len(file.getvalue()))
file = io.BytesIO()
picture.save(file, "JPEG", quality=90)
again = Image.open(io.BytesIO(file.getvalue()))
print(again.format, again.size, max(ImageStat.Stat(ImageChops.difference(again, picture)).mean) < 8)
print(digest(picture.resize((60, 40), Image.Resampling.LANCZOS)))
print(digest(picture.filter(ImageFilter.GaussianBlur(2)).rotate(30).convert("L")))
try:
    Image.open(io.BytesIO(file.getvalue()[:200])).load()
except OSError as error:
    print(error)
