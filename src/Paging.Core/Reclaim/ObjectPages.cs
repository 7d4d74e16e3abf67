using Paging.Core.Cache;
using Paging.Core.Files;

namespace Paging.Core.Reclaim;

/// <summary>Writes back and drops the pages of an object that has lost its last user. Linux: evict (fs/inode.c).</summary>
internal sealed class ObjectPages(PageCache cache, HugeObjects huge, FileWriteback writeback) : IObjectPages
{
    public void WriteBack(FileObject file) => _ = writeback.WriteAll(file, file.AllPages);    // no user is left to report an error to

    public void Drop(FileObject file)
    {
        if (file.IsHuge) huge.DropFrom(file, 0);
        else cache.DropAll(file);
    }
}
