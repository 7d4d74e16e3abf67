using System.Runtime.InteropServices;

namespace Paging.Cli;

/// <summary>Files of the host that a user has named. Errors are messages for the user, never exceptions.</summary>
internal static class UserFiles
{
    /// <summary>Returns true for errors of names, rights and devices; other exceptions are defects.</summary>
    public static bool IsRefusal(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    /// <summary>Returns the reason why a file cannot be read.</summary>
    public static string Explain(string path, Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException => $"{path}: {ReasonOf(exception, path)}",
        ArgumentException => $"'{path}': {ReasonOf(exception)}",
        _ => $"{path}: cannot be read: {ReasonOf(exception)}",
    };

    /// <summary>Returns the host's error message. .NET's messages repeat the path or name an API.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="path">The file, if there is one: a directory in its place is named as such.</param>
    public static string ReasonOf(Exception exception, string? path = null) => exception switch
    {
        UnauthorizedAccessException when Directory.Exists(path) => "a directory",    // .NET's exception for EISDIR
        FileNotFoundException or DirectoryNotFoundException => "no such file or directory",
        UnauthorizedAccessException => "permission denied",
        ArgumentOutOfRangeException => "file too large",    // .NET's exception for EFBIG
        ArgumentException => "not a name of a file",
        IOException { HResult: > 0 and var error } when OperatingSystem.IsLinux() =>    // errno; .NET's own codes are negative
            Marshal.GetPInvokeErrorMessage(error).ToLowerInvariant(),
        _ => exception.Message.ReplaceLineEndings(" "),
    };

    /// <summary>Opens a file that another one names, below a directory or, without one, by its path; null if it cannot be read.</summary>
    public static FileStream? OpenBelow(string? root, string name)
    {
        try
        {
            return File.OpenRead(root is null ? name : Path.Join(root, name));
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            return null;
        }
    }

    /// <summary>True if two names lead to one file that exists, also through symbolic links.</summary>
    public static bool AreSame(string one, string other)
    {
        try
        {
            return File.Exists(one) && File.Exists(other) && string.Equals(TargetOf(one), TargetOf(other), StringComparison.Ordinal);
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            return false;    // opening it says what is wrong
        }
    }

    /// <summary>The full path of a file; of a symbolic link, that of the file it leads to in the end.</summary>
    /// <exception cref="IOException">The links are a circle.</exception>
    public static string TargetOf(string path)
    {
        FileInfo file = new(path);    // has the full path: File.ResolveLinkTarget takes the target of a relative link from the root
        return file.LinkTarget is null ? file.FullName : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
    }

    /// <summary>Writes a file. Returns false, with the reason, if it cannot be written.</summary>
    public static bool TryWrite(string path, string text, out string? refusal)
    {
        refusal = null;
        try
        {
            File.WriteAllText(path, text);
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            refusal = $"{path}: cannot be written: {ReasonOf(exception, path)}";
        }

        return refusal is null;
    }
}
