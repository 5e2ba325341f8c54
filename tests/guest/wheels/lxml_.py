"""XML in C: libxml2 and libxslt, inside the wheel."""

from __future__ import annotations

import io

from lxml import etree, html, objectify

print(etree.__file__.endswith(".so"))
document = etree.fromstring("<a x='1'><b>eins</b><b>zwei &#252;</b><c:d xmlns:c='u:v'/></a>")
print(document.xpath("b[2]/text()"), document.xpath("count(b)"), document[2].tag)
print(etree.tostring(document, encoding="unicode", pretty_print=True))
try:
    etree.fromstring("<a><b></a>")
except etree.XMLSyntaxError as error:
    print(error)
sheet = etree.XSLT(
    etree.XML(
        "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>"
        "<xsl:template match='/a'><r><xsl:for-each select='b'><xsl:sort order='descending'/>"
        "<i><xsl:value-of select='.'/></i></xsl:for-each></r></xsl:template></xsl:stylesheet>"
    )
)
print(sheet(document))
schema = etree.XMLSchema(
    etree.XML(
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>"
        "<xs:element name='n' type='xs:int'/></xs:schema>"
    )
)
print(schema.validate(etree.XML("<n>5</n>")), schema.validate(etree.XML("<n>x</n>")))
page = html.fromstring("<p>one<p>two <a href='/x'>link</a>")
print([(a, link) for _, a, link, _ in page.iterlinks()], page.text_content())
print(objectify.fromstring("<r><v>5</v></r>").v + 1)
many = b"<r>" + b"".join(b"<i n='%d'/>" % n for n in range(20000)) + b"</r>"
print(sum(int(element.get("n")) for _, element in etree.iterparse(io.BytesIO(many), tag="i")))
