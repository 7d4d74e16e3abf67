using System.Globalization;
using Paging.Core;

namespace Paging.Fuzz;

/// <summary>The visible state of an engine: its processes, and the bytes of a file.</summary>
/// <param name="Processes">A text and, of a process that runs, a picture.</param>
/// <param name="File">Length and hash.</param>
internal sealed record EnginePicture(IReadOnlyList<(string Text, SnapshotPicture? Picture)> Processes, string File)
{
    /// <summary>Looks at an engine without changing it.</summary>
    public static EnginePicture Of(PagingEngine engine, GuestFile file, bool hidesFrames)
    {
        List<(string, SnapshotPicture?)> processes = [];
        foreach (UserProcess process in engine.Processes)
        {
            string text = string.Create(CultureInfo.InvariantCulture,
                $"{process.Id} of {process.ParentId} {process.Name} {process.OutOfMemoryScore} {process.HasExited} {process.ExitCode}");
            processes.Add((text, process.HasExited ? null : SnapshotPicture.Of(engine, process, withShared: true, hidesFrames)));
        }

        byte[] bytes = new byte[file.ByteLength];
        Errno error = file.Read(0, bytes, out int count);
        int hash = SnapshotPicture.HashOf(bytes);
        return new(processes, string.Create(CultureInfo.InvariantCulture, $"{file.ByteLength} {error} {count} {hash}"));
    }

    /// <summary>How another picture differs; null if it does not.</summary>
    public string? DifferenceFrom(EnginePicture now, bool comparesPages, bool comparesSharing)
    {
        if (Processes.Count != now.Processes.Count) return $"{Processes.Count} processes are {now.Processes.Count} now";
        for (int i = 0; i < Processes.Count; i++)
        {
            (string text, SnapshotPicture? picture) = Processes[i];
            if (!string.Equals(text, now.Processes[i].Text, StringComparison.Ordinal))
                return $"process '{text}' is '{now.Processes[i].Text}' now";
            if (picture?.DifferenceFrom(now.Processes[i].Picture!, comparesPages, comparesSharing) is { } difference)
                return $"process '{text}': {difference}";
        }

        return string.Equals(File, now.File, StringComparison.Ordinal) ? null : $"the file was {File}, and is {now.File}";
    }
}
