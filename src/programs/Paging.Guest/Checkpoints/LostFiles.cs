using System.Globalization;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>Creates unlinked files of the host again, and unlinks them at once. CRIU: ghost files.</summary>
internal static class LostFiles
{
    private const int NamesMax = 1000;    // so that a directory full of such names is an error, not a hang

    /// <summary>Creates an empty, already unlinked file.</summary>
    /// <exception cref="InvalidDataException">It cannot be created.</exception>
    public static RegularFile Make(FileTree tree, in LostName lost)
    {
        string path = DeletedMark.Without(lost.Path);
        int slash = path.LastIndexOf('/');
        string name = slash >= 0 && slash + 1 < path.Length ? path[(slash + 1)..] : "file";
        using TreeNode directory = FindDirectory(tree, slash > 0 ? path[..slash] : "/");
        Errno error = Errno.EEXIST;
        for (int i = 0; i < NamesMax && error == Errno.EEXIST; i++)
        {
            string tried = i == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}.{i}");
            error = directory.Create(tried, FileFlags.ReadWrite | FileFlags.LargeFile, lost.Mode & FileModes.Changeable,
                out OpenDescription? open);
            if (error != Errno.None) continue;
            error = directory.Unlink(tried);
            if (error == Errno.None && open is RegularFile file) error = GiveTo(lost, file);
            if (error == Errno.None && open is RegularFile made) return made;
            open!.Release();
            if (error != Errno.EEXIST) break;
        }

        throw new InvalidDataException($"The checkpoint has the file {ByteText.ToHost(lost.Path)}, which cannot be made here: {error}.");
    }

    /// <summary>Sets the owner, and the mode after it: a change of the owner clears the bits of set-user-ID. Linux: chown_common.</summary>
    private static Errno GiveTo(in LostName lost, RegularFile file)
    {
        if (file.Status(out FileStatus status) == Errno.None && (status.User, status.Group) == (lost.User, lost.Group)) return Errno.None;
        Errno error = file.ChangeOwner(lost.User, lost.Group);
        return error == Errno.None ? file.ChangeMode(lost.Mode & FileModes.Changeable) : error;
    }

    /// <summary>Returns the directory that it was in, or the nearest existing parent.</summary>
    private static TreeNode FindDirectory(FileTree tree, string path)
    {
        while (path.Length > 1)
        {
            if (tree.Walk(null, tree.Root, path, LastLink.Follow, out Place? place) == Errno.None)
            {
                using (place)
                {
                    bool isThere = place!.Node is { } node && node.Status(out FileStatus status) == Errno.None && status.IsDirectory;
                    if (isThere) return place.Node!.Hold();
                }
            }

            path = path[..Math.Max(path.LastIndexOf('/'), 0)];
        }

        return tree.Root.Hold();
    }
}
