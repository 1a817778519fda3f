"""An address as a code that a phone's camera reads."""

import io

import segno

#: Light squares around the code, which cameras need to find it (ISO/IEC 18004).
BORDER = 4


def code_svg(address: str) -> str:
    """A QR code as SVG, black on white in either theme: cameras fail at light on dark."""
    buffer = io.BytesIO()
    segno.make_qr(address, error="m").save(
        buffer, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=BORDER, dark="#000", light="#fff"
    )
    return buffer.getvalue().decode()
