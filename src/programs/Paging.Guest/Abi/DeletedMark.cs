namespace Paging.Guest.Abi;

/// <summary>What stands behind the path of a file that has no name any more. Linux: d_path (fs/d_path.c).</summary>
internal static class DeletedMark
{
    public const string Text = " (deleted)";

    public static bool IsOn(string path) => path.EndsWith(Text, StringComparison.Ordinal);

    /// <summary>The path that it had.</summary>
    public static string Without(string path) => IsOn(path) ? path[..^Text.Length] : path;
}
