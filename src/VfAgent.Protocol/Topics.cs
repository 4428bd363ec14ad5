using System.Buffers;
using System.Runtime.CompilerServices;

namespace VfAgent.Protocol;

/// <summary>
/// The MQTT topics of one host: <c>{root}/hosts/{host}/…</c>, and <c>{root}/groups/{group}/config…</c> for the groups it is in.
/// </summary>
public sealed class Topics
{
    /// <summary>The prefix of all topics when nothing else is set.</summary>
    public const string DefaultRoot = "vfagent/v1";

    private const string Resources = "resources";
    private const string NetworkAttachments = "networkattachments";

    // What cannot be in the level of a topic name: MQTT 5 sections 4.7.1 (separator and wildcards) and 1.5.4 (U+0000).
    private static readonly SearchValues<char> _notInLevel = SearchValues.Create("/+#\0");

    private readonly string _host;
    private readonly string _groups;

    /// <param name="root">See <see cref="FindRootError"/>.</param>
    /// <param name="hostId">The host's level; see <see cref="IsLevel"/>.</param>
    /// <exception cref="ArgumentException">The root or the host id cannot be part of a topic.</exception>
    public Topics(string root, string hostId)
    {
        if (FindRootError(root) is { } error)
            throw new ArgumentException(error, nameof(root));

        _host = $"{root}/hosts/{Level(hostId)}/";
        _groups = $"{root}/groups/";
        Root = root;
        HostId = hostId;
    }

    public string Root { get; }

    public string HostId { get; }

    /// <summary>Where the host tells what it does; <see cref="V1.Event"/>, not retained.</summary>
    public string Events => _host + "events";

    /// <summary>Matches every config topic of the host, the document's too (MQTT 5 section 4.7.1.2: <c>#</c> includes the parent level).</summary>
    public string ConfigFilter => _host + "config/#";

    /// <summary>Matches the host's protobuf status topics.</summary>
    public string StatusFilter => _host + "status/#";

    /// <summary>Matches the JSON twins of the host's status topics.</summary>
    public string JsonStatusFilter => _host + "json/status/#";

    /// <summary>Matches the host's request topics, <c>rpc/{verb}</c>.</summary>
    public string RpcFilter => _host + "rpc/+";

    /// <summary>Matches every config topic of a group.</summary>
    /// <exception cref="ArgumentException">The group is no topic level.</exception>
    public string GroupConfigFilter(string group) => $"{_groups}{Level(group)}/config/#";

    /// <summary>The topic of a config: retained, QoS 1, no expiry; an empty payload deletes.</summary>
    /// <exception cref="ArgumentException">The name or the group is no topic level.</exception>
    public string Config(ConfigTopic topic)
    {
        string scope = topic.Group is null ? _host : $"{_groups}{Level(topic.Group)}/";
        return topic.Kind switch
        {
            ConfigKind.Document => scope + "config",
            ConfigKind.Resource => $"{scope}config/{Resources}/{Level(topic.Name)}",
            _ => $"{scope}config/{NetworkAttachments}/{Level(topic.Name)}",
        };
    }

    /// <summary>The topic of a status, retained.</summary>
    /// <exception cref="ArgumentException">The name is no topic level.</exception>
    public string Status(StatusTopic topic)
    {
        string status = _host + (topic.IsJson ? "json/status/" : "status/");
        return topic.Kind switch
        {
            StatusKind.Agent => status + "agent",
            StatusKind.Discovery => status + "discovery",
            StatusKind.Resource => $"{status}{Resources}/{Level(topic.Name)}",
            _ => $"{status}{NetworkAttachments}/{Level(topic.Name)}",
        };
    }

    /// <summary>Reads the topic of a message that came for <see cref="ConfigFilter"/> or <see cref="GroupConfigFilter"/>.</summary>
    /// <param name="topic">Any text.</param>
    /// <param name="config">What it is; its name and group are not to be trusted.</param>
    /// <returns>false when it is no config topic of this host or of any group.</returns>
    public bool TryParseConfig(string topic, out ConfigTopic config)
    {
        config = default;
        string? group = null;
        ReadOnlySpan<char> rest;
        if (topic.StartsWith(_host, StringComparison.Ordinal))
        {
            rest = topic.AsSpan(_host.Length);
        }
        else if (topic.StartsWith(_groups, StringComparison.Ordinal) && topic.IndexOf('/', _groups.Length) is var end and > 0)
        {
            group = topic[_groups.Length..end];
            rest = topic.AsSpan(end + 1);
        }
        else
        {
            return false;
        }

        if (group is not null && !IsLevel(group))
            return false;

        if (rest is "config")
            config = new ConfigTopic(group, ConfigKind.Document, "");
        else if (TryParseName(rest, $"config/{Resources}/", out string name))
            config = new ConfigTopic(group, ConfigKind.Resource, name);
        else if (TryParseName(rest, $"config/{NetworkAttachments}/", out name))
            config = new ConfigTopic(group, ConfigKind.NetworkAttachment, name);
        else
            return false;

        return true;
    }

    /// <summary>Reads the topic of a message that came for <see cref="StatusFilter"/> or <see cref="JsonStatusFilter"/>.</summary>
    /// <param name="topic">Any text.</param>
    /// <param name="status">What it is; its name is not to be trusted.</param>
    /// <returns>false when it is no status topic of this host.</returns>
    public bool TryParseStatus(string topic, out StatusTopic status)
    {
        status = default;
        if (!topic.StartsWith(_host, StringComparison.Ordinal))
            return false;

        ReadOnlySpan<char> rest = topic.AsSpan(_host.Length);
        bool json = rest.StartsWith("json/");
        if (json)
            rest = rest["json/".Length..];

        if (rest is "status/agent")
            status = new StatusTopic(StatusKind.Agent, "", json);
        else if (rest is "status/discovery")
            status = new StatusTopic(StatusKind.Discovery, "", json);
        else if (TryParseName(rest, $"status/{Resources}/", out string name))
            status = new StatusTopic(StatusKind.Resource, name, json);
        else if (TryParseName(rest, $"status/{NetworkAttachments}/", out name))
            status = new StatusTopic(StatusKind.NetworkAttachment, name, json);
        else
            return false;

        return true;
    }

    /// <summary>What is wrong with a topic root, for the person who set it; null when it is one or more good levels, such as <c>vfagent/v1</c>.</summary>
    public static string? FindRootError(string root)
    {
        if (root.Length == 0)
            return "the topic root is empty";

        if (root.AsSpan().ContainsAny('+', '#'))
            return $"the topic root '{root}' contains a wildcard (+ or #)";

        if (root.Contains('$'))
            return $"the topic root '{root}' contains $, which is kept for the broker's own topics";

        if (root.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || char.IsSurrogate(c)))
            return $"the topic root '{root}' contains white space or a character that brokers refuse";

        return root.Split('/').Contains("") ? $"the topic root '{root}' has an empty level: no / at its ends, no //" : null;
    }

    /// <summary>Whether a text can be one level of a topic name: not empty, no separator, wildcard or U+0000.</summary>
    public static bool IsLevel(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAny(_notInLevel);

    private static bool TryParseName(ReadOnlySpan<char> rest, string prefix, out string name)
    {
        bool found = rest.StartsWith(prefix) && IsLevel(rest[prefix.Length..]);
        name = found ? rest[prefix.Length..].ToString() : "";
        return found;
    }

    // A name with a / would end up in another object's topic.
    private static string Level(string text, [CallerArgumentExpression(nameof(text))] string? argument = null) =>
        IsLevel(text) ? text : throw new ArgumentException($"'{text}' cannot be one level of a topic", argument);
}
