namespace Paging.Cli;

/// <summary>Files of the host that a user named: what is wrong with them is a line for the user, never an exception.</summary>
internal static class UserFiles
{
    /// <summary>True for what the host says of names, rights and devices; anything else is our own mistake.</summary>
    public static bool IsRefusal(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    /// <summary>Why a file cannot be read.</summary>
    public static string Explain(string path, Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => $"{path}: no such file or directory",
        UnauthorizedAccessException => $"{path}: permission denied",
        ArgumentException => $"'{path}': not a name of a file",
        _ => $"{path}: cannot be read: {exception.Message.ReplaceLineEndings(" ")}",
    };

    /// <summary>Writes a file. False: it cannot be, and this is why.</summary>
    public static bool TryWrite(string path, string text, out string? refusal)
    {
        refusal = null;
        try
        {
            File.WriteAllText(path, text);
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            refusal = $"{path}: cannot be written: {exception.Message.ReplaceLineEndings(" ")}";
        }

        return refusal is null;
    }
}
