using Paging.WindowsGuest.Calls;
using Paging.WindowsGuest.Runtime;

namespace Paging.WindowsGuest;

/// <summary>Every function that programs can import.</summary>
internal static class CallCatalog
{
    /// <summary>The functions, in the order of their stubs.</summary>
    public static IReadOnlyList<ImportedCall> All { get; } =
    [
        .. VirtualImports.All, .. NativeImports.All, .. NativeSectionImports.All, .. MappingImports.All, .. FileImports.All,
        .. HeapImports.All, .. ThreadImports.All, .. SynchronizationImports.All, .. ExceptionImports.All, .. ProcessImports.All,
        .. ModuleImports.All, .. SystemImports.All, .. StartImports.All, .. AllocationImports.All, .. BytesImports.All, .. TextImports.All,
        .. CharacterImports.All, .. NumberImports.All, .. SortImports.All, .. JumpImports.All, .. StreamImports.All,
    ];
}
