"""Makes watermark.otf, the font that prints watermarks on photos. See README.md beside this file.

Needs: Debian's fonts-noto-cjk, and fonttools (pip install fonttools).
"""

import sys

from fontTools import subset
from fontTools.ttLib import TTCollection

SOURCE = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
TARGET = sys.argv[1] if len(sys.argv) > 1 else "watermark.otf"


def gbk():
    """Every character of GBK: hanzi, punctuation, Greek, Cyrillic, numbers in circles."""
    for lead in range(0x81, 0xFF):
        for trail in [*range(0x40, 0x7F), *range(0x80, 0xFF)]:
            try:
                text = bytes([lead, trail]).decode("gbk")
            except UnicodeDecodeError:
                continue
            if len(text) == 1 and not 0xE000 <= ord(text) <= 0xF8FF:
                yield ord(text)


def is_hanzi(point):
    return 0x3400 <= point < 0xA000 or 0xF900 <= point < 0xFB00 or point >= 0x20000


faces = TTCollection(SOURCE).fonts
face = next(i for i, f in enumerate(faces) if f["name"].getDebugName(4) == "Noto Sans CJK SC")
wanted = {point for point in faces[face].getBestCmap() if is_hanzi(point)} | set(gbk())
for first, last in [
    (0x20, 0x7E),  # ASCII
    (0xA0, 0x17F),  # Latin-1, Latin Extended-A: ° · ² ³ é
    (0x2010, 0x203F),  # dashes, quotes, ellipsis
    (0x2100, 0x215F),  # ℃ № and fractions
    (0x2460, 0x249B),  # numbers in circles
    (0x3000, 0x303F),  # CJK punctuation
    (0x3380, 0x33DF),  # ㎡ ㎥ ㎏
    (0xFF00, 0xFFEF),  # full-width forms
]:
    wanted.update(range(first, last + 1))

subset.main(
    [
        SOURCE,
        f"--font-number={face}",
        "--unicodes=" + ",".join(f"{point:X}" for point in sorted(wanted)),
        "--layout-features=",
        "--drop-tables+=GSUB,GPOS,GDEF,BASE,VORG,vhea,vmtx,DSIG",
        "--no-hinting",
        "--notdef-outline",
        "--name-IDs=0,1,2,3,4,5,6,13,14",
        f"--output-file={TARGET}",
    ]
)
