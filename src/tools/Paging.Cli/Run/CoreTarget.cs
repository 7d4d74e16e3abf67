using System.Globalization;
using Paging.Guest;

namespace Paging.Cli.Run;

/// <summary>The file of <c>paging run --core</c>; %p in its name is the number of the process.</summary>
/// <remarks>The file gets its name when it is complete. A later process replaces it.</remarks>
internal sealed class CoreTarget(string pattern, TextWriter errors)
{
    /// <summary>Writes the core file of a process, and reports a failure.</summary>
    public void Write(GuestCore core)
    {
        string path = pattern.Replace("%p", core.About.Id.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        string part = $"{path}.part";
        try
        {
            using (FileStream stream = new(part, FileMode.Create, FileAccess.Write)) core.Write(stream);
            File.Move(part, path, overwrite: true);
            errors.Write($"paging run: core of process {core.About.Id} ({core.About.Name}), "
                + $"{RunEnding.Describe(core.About.Signal)}: {path}\n");
        }
        catch (Exception failure) when (UserFiles.IsRefusal(failure))
        {
            Refusal.Report(errors, $"paging run: --core {path}: cannot be written: {UserFiles.ReasonOf(failure, path)}");
            Discard(part);
        }
    }

    private static void Discard(string part)
    {
        try
        {
            File.Delete(part);
        }
        catch (Exception failure) when (UserFiles.IsRefusal(failure))
        {
            // It stays, under a name that no reader expects
        }
    }
}
