namespace VfAgent.Doctor;

internal enum Verdict
{
    Ok,

    /// <summary>Could not be told, or does not matter here.</summary>
    NotApplicable,

    /// <summary>Something that some hosts need does not work here.</summary>
    Warning,

    /// <summary>The agent or its main job would not work.</summary>
    Failure,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Verdict">How it is.</param>
/// <param name="Title">What was looked at, a few words.</param>
/// <param name="Found">What was found there.</param>
/// <param name="Remedy">What to do; null when there is nothing to do.</param>
internal sealed record Finding(Verdict Verdict, string Title, string Found, string? Remedy = null)
{
    public static Finding Ok(string title, string found) => new(Verdict.Ok, title, found);

    public static Finding NotApplicable(string title, string found) => new(Verdict.NotApplicable, title, found);

    public static Finding Warning(string title, string found, string remedy) => new(Verdict.Warning, title, found, remedy);

    public static Finding Failure(string title, string found, string remedy) => new(Verdict.Failure, title, found, remedy);
}

/// <summary>Findings that belong together.</summary>
/// <param name="Title">For the report.</param>
/// <param name="IfFailed">What a failure here means for the user, as half a sentence.</param>
/// <param name="Check">Looks. May throw, and may hang.</param>
internal sealed record Area(string Title, string IfFailed, Func<Task<IReadOnlyList<Finding>>> Check);

/// <summary>An area after it was looked at.</summary>
internal sealed record AreaFindings(Area Area, IReadOnlyList<Finding> Findings);
