namespace Paging.WindowsGuest.Calls;

/// <summary>Every function that programs can import.</summary>
internal static class CallCatalog
{
    /// <summary>Them, in the order of their stubs.</summary>
    public static IReadOnlyList<ImportedCall> All { get; } =
    [
        .. VirtualImports.All, .. NativeImports.All, .. NativeSectionImports.All, .. MappingImports.All, .. FileImports.All,
        .. HeapImports.All, .. ThreadImports.All, .. ExceptionImports.All, .. ProcessImports.All,
    ];
}
