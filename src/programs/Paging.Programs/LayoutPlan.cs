using Paging.Core;
using Paging.Native;

namespace Paging.Programs;

//  c0000000 ┬ kernel
//           │  0 – 8 MiB by chance
//  StackTop ├ stack, grows down to RLIMIT_STACK
//           │  at least 128 MiB from c0000000, and 0 – 1 MiB by chance
//  MmapBase ├ mappings, downwards (flexible)
//           │
//  40000000 ├ mappings, upwards (classic)
//           │
//           ├ heap, grows up; 0 – 32 MiB by chance above the image
//  08048000 ├ image: text, data, BSS
//         0 ┴
/// <summary>The layout of a program, decided before the old program is removed.</summary>
/// <remarks>Linux: arch_pick_mmap_layout, randomize_stack_top, setup_arg_pages, and the order in which they are called.</remarks>
internal readonly record struct LayoutPlan(bool IsTopDown, PageNumber MmapBase, PageNumber StackTop, uint ImageBias)
{
    /// <summary>Decides the layout.</summary>
    /// <remarks>A position-independent program without an interpreter is placed among the mappings later. Its bias is 0 here.</remarks>
    public static LayoutPlan For(ElfImage image, ExecutionRequest request, ulong stackLimit, ref LayoutDice dice)
    {
        bool isTopDown = request.Layout == AddressLayout.Flexible && stackLimit != ulong.MaxValue;
        PageCount shift = dice.MappingShift();
        PageNumber mmapBase = isTopDown
            ? ProcessOptions.TopDownBase(stackLimit, dice.StackShiftMax) - shift
            : ProcessOptions.BottomUpBase + shift;

        VirtualAddress top = dice.AlignStack((PageNumber.FirstKernel - dice.StackShift()).Address);
        PageNumber stackTop = new(PageCount.Covering(top.Value).Value);

        uint bias = 0;
        if (image.IsPositionIndependent && image.Interpreter is not null)
        {
            uint place = (request.PositionIndependentBase + (uint)dice.MappingShift().Bytes).Value & ~(image.Alignment - 1);
            bias = place - image.FirstAddress;
        }

        return new(isTopDown, mmapBase, stackTop, bias);
    }
}
