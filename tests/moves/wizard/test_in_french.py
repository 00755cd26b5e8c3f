"""The wizard, for somebody whose browser asks for French."""

from tests.support.wizard_visitor import WizardVisitor

NO_BREAK = str.maketrans({"\u00a0": " ", "\u202f": " "})


def words(visitor: WizardVisitor) -> str:
    return visitor.words.translate(NO_BREAK)


def test_its_first_page_is_in_french(visitor: WizardVisitor) -> None:
    visitor.http.headers["Accept-Language"] = "fr"
    visitor.open("/move/start")
    assert "Où se trouve votre compte maintenant ?" in words(visitor)
    assert "Where is your account now?" not in words(visitor)


def test_what_is_no_address_says_in_french_what_to_type(visitor: WizardVisitor) -> None:
    visitor.http.headers["Accept-Language"] = "fr"
    visitor.type("mycozy")
    assert "« mycozy » n’est pas l’adresse complète. Elle ressemble à example.org ou à NOM.mycozy.cloud." in words(
        visitor
    )


def test_why_a_server_can_not_be_a_side_is_said_in_french(visitor: WizardVisitor) -> None:
    visitor.http.headers["Accept-Language"] = "fr"
    visitor.type("ada-drive.wharf-tests.invalid")
    assert "Vouliez-vous dire ada.wharf-tests.invalid ?" in words(visitor)
