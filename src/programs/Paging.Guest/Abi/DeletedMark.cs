namespace Paging.Guest.Abi;

/// <summary>The suffix of the path of a file without a name. Linux: d_path (fs/d_path.c).</summary>
internal static class DeletedMark
{
    public const string Text = " (deleted)";

    public static bool IsOn(string path) => path.EndsWith(Text, StringComparison.Ordinal);

    /// <summary>Returns the path without the mark.</summary>
    public static string Without(string path) => IsOn(path) ? path[..^Text.Length] : path;
}
