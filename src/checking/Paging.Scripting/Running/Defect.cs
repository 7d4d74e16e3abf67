using Paging.Native;

namespace Paging.Scripting.Running;

/// <summary>
/// Exceptions that a machine throws are its defects: they are reported in one line with their place, and never end the whole run.
/// </summary>
public static class Defect
{
    /// <summary>True for a defect; false for a host that is out of memory or whose files fail, which is no defect of ours.</summary>
    public static bool Is(Exception exception) => exception is not (OutOfMemoryException or IOException);

    /// <summary>An invariant's message is enough; other exceptions add their type and their origin.</summary>
    public static string Describe(Exception exception)
    {
        if (exception is InvariantException) return OneLine(exception.Message);
        string? origin = exception.StackTrace?.Split('\n')[0].Trim();
        return OneLine($"{exception.GetType().Name}: {exception.Message} ({origin})");
    }

    /// <summary>The text with semicolons for line ends.</summary>
    internal static string OneLine(string text) => text.Trim().ReplaceLineEndings("; ");
}
