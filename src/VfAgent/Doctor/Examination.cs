namespace VfAgent.Doctor;

/// <summary>Looks at all areas at once. An area that throws or does not answer is a finding of its own.</summary>
internal sealed class Examination(IReadOnlyList<Area> areas, TimeProvider time)
{
    // Longer than anything inside an area waits, so that an area can say itself what hangs.
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(40);

    /// <summary>When stopped, waits for the areas to leave things as they were.</summary>
    /// <returns>In the order of the areas.</returns>
    public async Task<IReadOnlyList<AreaFindings>> RunAsync(CancellationToken stop) =>
        await Task.WhenAll(areas.Select(area => ExamineAsync(area, stop)));

    private async Task<AreaFindings> ExamineAsync(Area area, CancellationToken stop)
    {
        try
        {
            return new AreaFindings(area, await area.Check().WaitAsync(_deadline, time, CancellationToken.None));
        }
        catch (TimeoutException)
        {
            return Failed(
                "no answer in time",
                "something that was asked hangs: read the kernel log (dmesg), and look for mounts that do not answer");
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            return Failed(
                $"the check itself failed: {exception.GetType().Name}: {exception.Message}",
                "this is a bug in vfagent; please report it with this text");
        }

        AreaFindings Failed(string found, string remedy) => new(area, [Finding.Failure("check", found, remedy)]);
    }
}
