using Paging.Core.Cache;
using Paging.Core.Files;

namespace Paging.Core.Reclaim;

/// <summary>Writes back and drops the pages of an object that has lost its last user. Linux: evict (fs/inode.c).</summary>
internal sealed class ObjectPages : IObjectPages
{
    private readonly PageCache _cache;
    private readonly HugeObjects _huge;
    private readonly FileWriteback _writeback;

    public ObjectPages(OpenFileTable files, PageCache cache, HugeObjects huge, FileWriteback writeback)
    {
        (_cache, _huge, _writeback) = (cache, huge, writeback);
        files.CallAtEnd(this);
    }

    public void WriteBack(FileObject file) => _ = _writeback.WriteAll(file, file.AllPages);    // no user is left to report an error to

    public void Drop(FileObject file)
    {
        if (file.IsHuge) _huge.DropFrom(file, 0);
        else _cache.DropAll(file);
    }
}
