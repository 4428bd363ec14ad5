using Xunit;

namespace VfAgent.Protocol.Tests;

public sealed class TopicsTests
{
    private static readonly Topics _topics = new("vfagent/v1", "h1");

    public static TheoryData<ConfigTopic, string> ConfigTopics => new()
    {
        { ConfigTopic.Document, "vfagent/v1/hosts/h1/config" },
        { ConfigTopic.Resource("eth3-vfs"), "vfagent/v1/hosts/h1/config/resources/eth3-vfs" },
        { ConfigTopic.NetworkAttachment("f1-u"), "vfagent/v1/hosts/h1/config/networkattachments/f1-u" },
        { ConfigTopic.Document.For("edge"), "vfagent/v1/groups/edge/config" },
        { ConfigTopic.Resource("eth3-vfs").For("edge"), "vfagent/v1/groups/edge/config/resources/eth3-vfs" },
        { ConfigTopic.NetworkAttachment("f1-u").For("edge"), "vfagent/v1/groups/edge/config/networkattachments/f1-u" },
        { ConfigTopic.Resource(".."), "vfagent/v1/hosts/h1/config/resources/.." },
    };

    public static TheoryData<StatusTopic, string> StatusTopics => new()
    {
        { StatusTopic.Agent, "vfagent/v1/hosts/h1/status/agent" },
        { StatusTopic.Discovery, "vfagent/v1/hosts/h1/status/discovery" },
        { StatusTopic.Resource("eth3-vfs"), "vfagent/v1/hosts/h1/status/resources/eth3-vfs" },
        { StatusTopic.NetworkAttachment("f1-u"), "vfagent/v1/hosts/h1/status/networkattachments/f1-u" },
        { StatusTopic.Agent.AsJson(), "vfagent/v1/hosts/h1/json/status/agent" },
        { StatusTopic.Discovery.AsJson(), "vfagent/v1/hosts/h1/json/status/discovery" },
        { StatusTopic.Resource("eth3-vfs").AsJson(), "vfagent/v1/hosts/h1/json/status/resources/eth3-vfs" },
        { StatusTopic.NetworkAttachment("f1-u").AsJson(), "vfagent/v1/hosts/h1/json/status/networkattachments/f1-u" },
    };

    [Theory]
    [MemberData(nameof(ConfigTopics))]
    public void A_config_topic_is_written_and_read_back(ConfigTopic config, string topic)
    {
        Assert.Equal(topic, _topics.Config(config));
        Assert.True(_topics.TryParseConfig(topic, out ConfigTopic read));
        Assert.Equal(config, read);
    }

    [Theory]
    [MemberData(nameof(StatusTopics))]
    public void A_status_topic_is_written_and_read_back(StatusTopic status, string topic)
    {
        Assert.Equal(topic, _topics.Status(status));
        Assert.True(_topics.TryParseStatus(topic, out StatusTopic read));
        Assert.Equal(status, read);
    }

    [Fact]
    public void The_other_topics_and_the_filters_are_the_contracts()
    {
        Assert.Equal("vfagent/v1/hosts/h1/events", _topics.Events);
        Assert.Equal("vfagent/v1/hosts/h1/config/#", _topics.ConfigFilter);
        Assert.Equal("vfagent/v1/groups/edge/config/#", _topics.GroupConfigFilter("edge"));
        Assert.Equal("vfagent/v1/hosts/h1/status/#", _topics.StatusFilter);
        Assert.Equal("vfagent/v1/hosts/h1/json/status/#", _topics.JsonStatusFilter);
        Assert.Equal("vfagent/v1/hosts/h1/rpc/+", _topics.RpcFilter);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("vfagent/v1/hosts/h1")]
    [InlineData("vfagent/v1/hosts/h1/")]
    [InlineData("vfagent/v1/hosts/h1/config/")]
    [InlineData("vfagent/v1/hosts/h1/configuration")]
    [InlineData("vfagent/v1/hosts/h1/config/resources")]
    [InlineData("vfagent/v1/hosts/h1/config/resources/")]
    [InlineData("vfagent/v1/hosts/h1/config/resources/../../x")]
    [InlineData("vfagent/v1/hosts/h1/config/resources/a\0b")]
    [InlineData("vfagent/v1/hosts/h1/config/resources/+")]
    [InlineData("vfagent/v1/hosts/h1/config/resource/x")]
    [InlineData("vfagent/v1/hosts/h1/Config")]
    [InlineData("vfagent/v1/hosts/h1/status/resources/x")]
    [InlineData("vfagent/v1/hosts/h10/config")]
    [InlineData("vfagent/v1/hosts/h2/config")]
    [InlineData("vfagent/v2/hosts/h1/config")]
    [InlineData("/vfagent/v1/hosts/h1/config")]
    [InlineData("vfagent/v1/groups/config")]
    [InlineData("vfagent/v1/groups//config")]
    [InlineData("vfagent/v1/groups/edge")]
    [InlineData("vfagent/v1/groups/edge/status/agent")]
    [InlineData("vfagent/v1/groups/#/config")]
    public void Other_topics_are_no_config(string topic)
    {
        Assert.False(_topics.TryParseConfig(topic, out ConfigTopic config));
        Assert.Equal(default, config);
    }

    [Theory]
    [InlineData("")]
    [InlineData("vfagent/v1/hosts/h1/status")]
    [InlineData("vfagent/v1/hosts/h1/status/")]
    [InlineData("vfagent/v1/hosts/h1/status/agents")]
    [InlineData("vfagent/v1/hosts/h1/status/agent/x")]
    [InlineData("vfagent/v1/hosts/h1/status/resources/")]
    [InlineData("vfagent/v1/hosts/h1/status/resources/a/b")]
    [InlineData("vfagent/v1/hosts/h1/json/json/status/agent")]
    [InlineData("vfagent/v1/hosts/h1/json/config")]
    [InlineData("vfagent/v1/hosts/h2/status/agent")]
    public void Other_topics_are_no_status(string topic)
    {
        Assert.False(_topics.TryParseStatus(topic, out StatusTopic status));
        Assert.Equal(default, status);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("../../x")]
    [InlineData("+")]
    [InlineData("#")]
    [InlineData("")]
    [InlineData("a\0")]
    public void A_name_that_would_be_another_topic_is_never_written(string name)
    {
        Assert.False(Topics.IsLevel(name));
        Assert.Throws<ArgumentException>(() => _topics.Config(ConfigTopic.Resource(name)));
        Assert.Throws<ArgumentException>(() => _topics.Config(ConfigTopic.Document.For(name)));
        Assert.Throws<ArgumentException>(() => _topics.Status(StatusTopic.NetworkAttachment(name)));
        Assert.Throws<ArgumentException>(() => _topics.GroupConfigFilter(name));
        Assert.Throws<ArgumentException>(() => new Topics("vfagent/v1", name));
    }

    [Theory]
    [InlineData("vfagent")]
    [InlineData("vfagent/v1")]
    [InlineData("site-7/rack.2/vfagent_x/v1")]
    public void A_root_has_one_or_more_levels(string root)
    {
        Assert.Null(Topics.FindRootError(root));
        Topics topics = new(root, "h1");
        Assert.True(topics.TryParseConfig(root + "/hosts/h1/config", out _));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("/vfagent", "empty level")]
    [InlineData("vfagent/", "empty level")]
    [InlineData("vfagent//v1", "empty level")]
    [InlineData("vfagent/+", "wildcard")]
    [InlineData("#", "wildcard")]
    [InlineData("$SYS/x", "$")]
    [InlineData("vf agent", "white space")]
    [InlineData("vf\0agent", "white space or a character")]
    public void A_bad_root_is_refused_with_what_is_wrong_about_it(string root, string reason)
    {
        Assert.Contains(reason, Topics.FindRootError(root), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Topics(root, "h1"));
    }
}
