"""Make products.json from Saleor's sample catalogue and our translations. Run by hand when either changes:

    python demo/wraca_demo/catalogue/build.py path/to/saleor_populatedb_data.json.gz

Names, prices in USD and PLN, variants and categories are the source's; the euro price is 92 % of the dollar price, rounded to
10 cents, because the source has none. Only products that translations.json names are taken.
"""

import gzip
import json
import sys
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CATEGORIES = {
    "Sneakers": "shoes",
    "Sweatshirts": "clothes",
    "T-shirts": "clothes",
    "Polo shirts": "clothes",
    "Beanies": "extras",
    "Scarfs": "extras",
    "Sunglasses": "extras",
    "Homewares": "home",
    "Juices": "juices",
    "Gift cards": "gifts",
}
EURO_PER_DOLLAR = Decimal("0.92")

Tables = dict[str, dict[Any, dict[str, Any]]]


def read_tables(source: Path) -> Tables:
    """A Django fixture as model -> primary key -> fields."""
    tables: Tables = defaultdict(dict)
    for row in json.loads(gzip.decompress(source.read_bytes())):
        tables[row["model"]][row["pk"]] = row["fields"]
    return tables


def price_of(tables: Tables, variant: int) -> dict[str, str]:
    """Prices in major units with two decimals, by currency."""
    listings = [row for row in tables["product.productvariantchannellisting"].values() if row["variant"] == variant]
    prices = {row["currency"]: Decimal(row["price_amount"]) for row in listings}
    prices["EUR"] = (prices["USD"] * EURO_PER_DOLLAR).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return {currency: f"{prices[currency]:.2f}" for currency in ("PLN", "USD", "EUR")}


def product_of(tables: Tables, key: int, ours: dict[str, dict[str, str]]) -> dict[str, object]:
    """One entry of products.json. `variant` is the one put into the cart when the visitor chooses none."""
    product = tables["product.product"][key]
    variants = {pk: row for pk, row in tables["product.productvariant"].items() if row["product"] == key}
    # Saleor names a lone variant with its opaque id; there is nothing to choose, so it gets no name.
    names = [row["name"] for row in variants.values() if not row["name"].startswith("UHJv")]
    slug = product["slug"].replace("cusion", "cushion")
    return {
        "product_id": slug,
        "variant": names[len(names) // 2] if names else "",
        "variants": sorted(names) if names and names[0].isdigit() else names,
        "name": {"en": product["name"].strip(), **ours["name"]},
        "description": ours["description"],
        "price": price_of(tables, next(iter(variants))),
        "category": CATEGORIES[tables["product.category"][product["category"]]["name"]],
        "image": f"{slug}.png",
    }


def main(source: Path) -> None:
    """Write products.json beside this file, in the order of translations.json."""
    tables = read_tables(source)
    by_slug = {row["slug"]: key for key, row in tables["product.product"].items()}
    ours = json.loads((HERE / "translations.json").read_text("utf-8"))
    products = [product_of(tables, by_slug[slug], words) for slug, words in ours.items()]
    (HERE / "products.json").write_text(json.dumps(products, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
