namespace Paging.WindowsGuest.Calls;

/// <summary>Every function that programs can import.</summary>
internal static class CallCatalog
{
    /// <summary>Them, in the order of their stubs.</summary>
    public static IReadOnlyList<ImportedCall> All { get; } =
    [
        .. VirtualCalls.All, .. NativeCalls.All, .. NativeSectionCalls.All, .. MappingCalls.All, .. FileCalls.All, .. HeapCalls.All,
        .. ThreadCalls.All, .. ExceptionCalls.All, .. ProcessCalls.All,
    ];
}
