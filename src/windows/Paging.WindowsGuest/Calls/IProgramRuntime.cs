namespace Paging.WindowsGuest.Calls;

/// <summary>What a program asks of its C library at its start and at its end.</summary>
internal interface IProgramRuntime
{
    /// <summary>Sets up the library's memory. Returns false without memory.</summary>
    bool TryBegin();

    /// <summary>Writes what its streams still have.</summary>
    void FlushAll();
}
