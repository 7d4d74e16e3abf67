namespace Paging.WindowsGuest.Calls;

/// <summary>The services of the C library at the start and the end of a program.</summary>
internal interface IProgramRuntime
{
    /// <summary>Sets up the library's memory. Returns false without memory.</summary>
    bool TryBegin();

    /// <summary>Writes the bytes that its streams still have.</summary>
    void FlushAll();
}
