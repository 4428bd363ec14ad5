using System.Text;
using VfAgent.Mqtt;

namespace VfAgent.Tests.Mqtt;

public sealed class RetainedOutboxTests
{
    private readonly RetainedOutbox _outbox = new(["birth"], new WakeSignal());

    [Fact]
    public void Only_the_latest_value_of_a_topic_is_taken()
    {
        Set("a", "1");
        Set("a", "2");
        Set("a", "3");

        Assert.Equal(["a=3"], TakeAll().Select(Text));
    }

    [Fact]
    public void An_unchanged_value_is_not_taken_again()
    {
        Set("a", "1");
        ConfirmAll();
        Set("a", "1");

        Assert.Empty(TakeAll());
    }

    [Fact]
    public void A_value_that_goes_back_to_what_the_broker_has_is_not_taken()
    {
        Set("a", "1");
        ConfirmAll();
        Set("a", "2");
        Set("a", "1");

        Assert.Empty(TakeAll());
    }

    [Fact]
    public void A_topic_has_one_publish_under_way_and_then_its_latest_value()
    {
        Set("a", "1");
        Publication first = Assert.Single(TakeAll());
        Set("a", "2");
        Set("a", "3");
        Assert.Empty(TakeAll());

        _outbox.Confirm(first);

        Assert.Equal(["a=3"], TakeAll().Select(Text));
    }

    [Fact]
    public void Going_back_while_another_value_is_under_way_is_published()
    {
        Set("a", "1");
        ConfirmAll();
        Set("a", "2");
        Publication second = Assert.Single(TakeAll());
        Set("a", "1");
        _outbox.Confirm(second);

        Assert.Equal(["a=1"], TakeAll().Select(Text));
    }

    [Fact]
    public void A_broker_with_our_session_gets_the_birth_first_and_what_was_not_confirmed()
    {
        Set("a", "1");
        Set("birth", "up");
        ConfirmAll();
        Set("b", "1");
        Assert.Single(TakeAll());
        Set("c", "1");

        _outbox.Restart(sessionPresent: true);

        Assert.Equal(["birth=up", "b=1", "c=1"], TakeAll().Select(Text));
    }

    [Fact]
    public void A_broker_without_our_session_gets_everything()
    {
        Set("a", "1");
        Set("birth", "up");
        ConfirmAll();

        _outbox.Restart(sessionPresent: false);

        Assert.Equal(["birth=up", "a=1"], TakeAll().Select(Text));
    }

    [Fact]
    public void An_answer_of_an_earlier_connection_confirms_nothing()
    {
        Set("a", "1");
        Publication earlier = Assert.Single(TakeAll());
        _outbox.Restart(sessionPresent: false);
        Assert.Single(TakeAll());
        _outbox.Confirm(earlier);

        _outbox.Restart(sessionPresent: true);

        Assert.Equal(["a=1"], TakeAll().Select(Text));
    }

    [Fact]
    public void A_cleared_topic_is_forgotten_once_the_broker_has_it()
    {
        Set("a", "1");
        ConfirmAll();
        _outbox.Clear("a");
        Assert.False(_outbox.Holds("a"));
        Assert.Equal(["a="], ConfirmAll().Select(Text));

        _outbox.Restart(sessionPresent: false);

        Assert.Empty(TakeAll());
    }

    [Fact]
    public void A_refused_value_waits_for_a_newer_one_or_for_the_retry()
    {
        Set("a", "1");
        _outbox.Refuse(Assert.Single(TakeAll()));
        Assert.Empty(TakeAll());

        _outbox.RetryRefused();
        _outbox.Refuse(Assert.Single(TakeAll()));
        Set("a", "2");

        Assert.Equal(["a=2"], TakeAll().Select(Text));
    }

    [Fact]
    public void The_same_bytes_with_another_content_type_are_another_value()
    {
        Set("a", "1");
        ConfirmAll();
        _outbox.Set(new OutboundMessage("a", "1"u8.ToArray(), OutboundMessage.Json));

        Assert.Single(TakeAll());
    }

    private void Set(string topic, string text) => _outbox.Set(new OutboundMessage(topic, Encoding.UTF8.GetBytes(text), OutboundMessage.Protobuf));

    private List<Publication> TakeAll()
    {
        List<Publication> taken = [];
        while (_outbox.TryTake(out Publication? publication))
            taken.Add(publication);

        return taken;
    }

    private List<Publication> ConfirmAll()
    {
        List<Publication> taken = TakeAll();
        taken.ForEach(_outbox.Confirm);
        return taken;
    }

    private static string Text(Publication publication) =>
        $"{publication.Message.Topic}={Encoding.UTF8.GetString(publication.Message.Payload.Span)}";
}
