namespace Paging.Core.Files;

/// <summary>What the table of open files asks of the page cache, which stands above it, when the last user of an object has gone.</summary>
internal interface IObjectPages
{
    /// <summary>Writes every dirty page to the backing. Pages that the backing refuses are lost.</summary>
    void WriteBack(FileObject file);

    /// <summary>Takes every page out of the cache and off the swap devices. No entry maps one any more.</summary>
    void Drop(FileObject file);
}
