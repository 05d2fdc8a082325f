"""Health, as load balancers ask for it."""


def test_the_process_answers(client):
    assert client.get("/v1/health/live").json == {"status": "ok"}


def test_the_service_is_ready(client):
    answer = client.get("/v1/health/ready")
    assert answer.status == 200
    assert answer.json["status"] == "ok"
