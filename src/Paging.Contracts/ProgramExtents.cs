using Paging.Native;

namespace Paging.Core;

/// <summary>Where the pieces of an executed program lie. Linux: start_code … env_end of struct mm_struct.</summary>
/// <param name="StartCode">The lowest executable byte of the program's own image.</param>
/// <param name="EndCode">The byte behind its last executable one.</param>
/// <param name="StartData">Where its highest loaded segment begins.</param>
/// <param name="EndData">The byte behind the last one that came from the file.</param>
/// <param name="StartStack">The stack pointer the program starts with.</param>
/// <param name="ArgumentStart">The first byte of its argument strings.</param>
/// <param name="ArgumentEnd">The byte behind them, where the environment's begin.</param>
/// <param name="EnvironmentEnd">The byte behind the environment's.</param>
public readonly record struct ProgramExtents(
    VirtualAddress StartCode, VirtualAddress EndCode, VirtualAddress StartData, VirtualAddress EndData,
    VirtualAddress StartStack, VirtualAddress ArgumentStart, VirtualAddress ArgumentEnd, VirtualAddress EnvironmentEnd)
{
    /// <summary>Pages of its code, borders rounded outwards: the text of statm.</summary>
    public PageCount TextPages => PageCount.Covering(EndCode.Value) - new PageCount(StartCode.Page.Value);
}
