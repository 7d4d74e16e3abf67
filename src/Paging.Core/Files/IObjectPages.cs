namespace Paging.Core.Files;

/// <summary>Lets the table of open files call the page cache, which is built on it, when an object has lost its last user.</summary>
internal interface IObjectPages
{
    /// <summary>Writes every dirty page to the backing. Pages that the backing refuses are lost.</summary>
    void WriteBack(FileObject file);

    /// <summary>Removes every page from the cache and from swap devices. None of them may be mapped, which the cache checks.</summary>
    void Drop(FileObject file);
}
