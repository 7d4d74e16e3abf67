using Paging.Scripting.Parsing;

namespace Paging.Cli;

/// <summary>Reads the scenarios that a user has named. Errors are messages for the user, never exceptions.</summary>
internal static class ScenarioArguments
{
    private const string Pattern = "*.scn";

    /// <summary>Returns the file itself, or a directory's scenarios in ordinal order.</summary>
    /// <param name="path">A file or a directory.</param>
    /// <param name="error">The error, or null.</param>
    public static IReadOnlyList<string> Expand(string path, out string? error)
    {
        error = null;
        try
        {
            if (!Directory.Exists(path)) return [path];
            string[] files = Directory.GetFiles(path, Pattern);
            Array.Sort(files, StringComparer.Ordinal);
            if (files.Length == 0) error = $"{path}: no scenarios ({Pattern}) in this directory";
            return files;
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))
        {
            error = UserFiles.Explain(path, exception);
            return [];
        }
    }

    /// <summary>Reads a scenario of Linux.</summary>
    /// <param name="path">A file.</param>
    /// <param name="error">The error, or null.</param>
    public static ScenarioDocument? Read(string path, out string? error) => Read(path, [], out error);

    /// <summary>Reads a scenario of any dialect, as <see cref="Read(string, out string?)"/> does one of Linux.</summary>
    public static ScenarioDocument? ReadAny(string path, out string? error) => Read(path, Registered.Dialects.AsSpan(), out error);

    private static ScenarioDocument? Read(string path, ReadOnlySpan<ScenarioDialect> others, out string? error)
    {
        try
        {
            // Checked before it is opened: a pipe would block, and a device never ends. Neither has a length.
            FileInfo file = new(path);
            error = file.Exists && file.Length == 0 ? $"{path}: empty, or not a regular file" : null;
            return error is null ? ScenarioParser.ParseFile(path, others) : null;
        }
        catch (ScenarioFormatException exception)
        {
            error = exception.Message;
            return null;
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))
        {
            error = UserFiles.Explain(path, exception);
            return null;
        }
    }
}
