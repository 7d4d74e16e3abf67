namespace Paging.Native.Tables;

//   directory at the snapshot   │ ● table │  0   │ ● leaf │ ● table │       All: 0, 1, 2, 3      a table for each, so that going
//   empty by then               │         │ spare│        │         │       Vacant: 1                back takes no frame
//                                                                          Leaves: 2
/// <summary>The lines of an address space that have a page table at a snapshot, in three sets of directory entries.</summary>
/// <remarks>A line is the range that one entry of the directory covers.</remarks>
internal struct KeptTables
{
    /// <summary>The lines that need a table to go back: those with a table, a spare one, or a leaf, which has one in reserve.</summary>
    public TableSet All;

    /// <summary>Those of them whose directory entry led to no table: they have a spare one (<see cref="SpareTables"/>).</summary>
    public TableSet Vacant;

    /// <summary>Those of them that a transparent huge page covered.</summary>
    public TableSet Leaves;

    /// <summary>True if there was one.</summary>
    public bool HasLeaves;

    /// <summary>True if empty tables may have been made since, in lines without a note: going back looks through all lines.</summary>
    public bool MayHaveMore;

    /// <summary>True if a restore takes an empty table of the line out of the directory.</summary>
    public readonly bool IsLoose(int index) => !All.Contains(index) || Vacant.Contains(index);
}
